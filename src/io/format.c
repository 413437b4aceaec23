/* SPDX-License-Identifier: MIT */
/* Recognises a file's format by its first bytes. */
#include "io/format.h"

#include <stdbool.h>
#include <string.h>

#define READS  "; Rondo reads safetensors"
#define UNPACK "; unpack it first"

typedef struct mark {
    size_t at;
    const char *bytes;
    size_t count;
    const char *what;
} mark;

#define MARK(at, bytes, what)                                                              \
    {                                                                                      \
        at, bytes, sizeof bytes - 1, what                                                  \
    }

static const mark marks[] = {
    MARK(0, "version https://git-lfs.github.com/spec/",
         "is a git-lfs pointer, not the file itself: run git lfs pull"),
    MARK(0, "PK\3\4", "is a zip archive, such as PyTorch and NumPy write" READS),
    MARK(0, "PK\5\6", "is an empty zip archive" READS),
    MARK(0, "\x89HDF\r\n\x1a\n", "is an HDF5 file, such as Keras writes" READS),
    MARK(0, "GGUF", "is a GGUF file, as llama.cpp uses them" READS),
    MARK(0, "\x93NUMPY", "is a NumPy array" READS),
    MARK(0, "\x1f\x8b", "is a gzip file" UNPACK),
    MARK(0, "BZh", "is a bzip2 file" UNPACK),
    MARK(0,
         "\xfd"
         "7zXZ",
         "is an xz file" UNPACK),
    MARK(0, "\x28\xb5\x2f\xfd", "is a Zstandard file" UNPACK),
    MARK(257, "ustar", "is a tar archive" UNPACK),
    MARK(4, "TFL3", "is a TensorFlow Lite model" READS),
    MARK(0, "<!DOCTYPE", "is a web page, not a model: the download went wrong"),
    MARK(0, "<!doctype", "is a web page, not a model: the download went wrong"),
    MARK(0, "<html", "is a web page, not a model: the download went wrong"),
    MARK(0, "<?xml", "is XML text, not a model" READS),
};

/* A pickle of protocol 2 or later: its version, then an opcode. */
static bool pickle(const unsigned char *b, size_t count)
{
    return count >= 3 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5;
}

/* A protocol buffer whose field 1, the version, is a small number and whose next field is
 * the producer (2), its version (3), the graph (7) or the operator sets (8). */
static bool onnx(const unsigned char *b, size_t count)
{
    return count >= 4 && b[0] == 0x08 && b[1] >= 1 && b[1] <= 64 &&
           (b[2] == 0x12 || b[2] == 0x1a || b[2] == 0x3a || b[2] == 0x42);
}

static bool printable(const unsigned char *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (b[i] != '\t' && b[i] != '\n' && b[i] != '\r' && (b[i] < 0x20 || b[i] > 0x7E))
            return false;
    return count >= 8;
}

const char *rn__format_of(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const mark *m = &marks[i];
        if (m->at + m->count <= count && !memcmp(bytes + m->at, m->bytes, m->count))
            return m->what;
    }
    if (pickle(bytes, count)) return "is a Python pickle, such as PyTorch wrote" READS;
    if (onnx(bytes, count)) return "is an ONNX model" READS;
    if (printable(bytes, count))
        return *bytes == '{' ? "is JSON text, such as the index of a model in several "
                               "files" READS
                             : "is text, not a model" READS;
    return NULL;
}
