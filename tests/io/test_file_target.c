/* SPDX-License-Identifier: MIT */
/* Replacing existing files: modes, links, pipes, long names, and temporary files left by
 * killed processes. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <dirent.h>

#include "io/file.h"
#include "io_support.h"

enum { NOBODY = 65534 };

static rn_status replace(const char *path, const char *text, rn__fault *fault)
{
    const rn__piece piece = {text, strlen(text)};

    fault->message[0] = 0;
    return rn__file_replace((rn_allocator){NULL, NULL}, path, &piece, 1, fault);
}

static void replaces(const char *path, const char *text)
{
    rn__fault fault;

    cr_assert_eq(replace(path, text, &fault), RN_OK, "%s", fault.message);
}

static void refuses(const char *path, const char *message)
{
    const int before = rn_test_directory_count();
    rn__fault fault;

    cr_assert_eq(replace(path, "new", &fault), RN_IO, "%s", path);
    cr_assert_str_eq(fault.message, message, "%s", fault.message);
    cr_assert_eq(rn_test_directory_count(), before, "a file is left");
}

static void holds(const char *path, const char *want)
{
    size_t bytes;
    char *text = rn_test_read(path, &bytes);

    cr_assert_str_eq(text, want);
    free(text);
}

static unsigned mode_of(const char *path)
{
    struct stat about;

    cr_assert(!lstat(path, &about), "%s", path);
    return about.st_mode & 07777;
}

/* ---- modes and owners ---- */

Test(file_target, modes_are_kept)
{
    static const mode_t modes[] = {0600, 0640, 0664, 0666, 0755};
    rn_test_directory d = rn_test_directory_new();

    umask(027);
    replaces("new", "first");
    cr_assert_eq(mode_of("new"), 0640, "umask holds");
    for (int i = 0; i < 5; i++) {
        cr_assert(!chmod("new", modes[i]));
        replaces("new", "second");
        cr_assert_eq(mode_of("new"), modes[i], "%o", mode_of("new"));
    }
    rn_test_directory_free(&d);
}

Test(file_target, owners_are_kept)
{
    rn_test_directory d = rn_test_directory_new();
    struct stat about;

    if (geteuid() != 0) cr_skip_test("not the superuser");
    rn_test_write("x", "old", 3);
    cr_assert(!chown("x", NOBODY, 12345) && !chmod("x", 0640));
    replaces("x", "new");
    cr_assert(!stat("x", &about));
    cr_assert(about.st_uid == NOBODY && about.st_gid == 12345, "owner or group changed");
    cr_assert_eq(mode_of("x"), 0640);
    rn_test_directory_free(&d);
}

/* Without the right to keep the group, the new group gets no more than all others have. */
Test(file_target, another_group_sees_no_more)
{
    rn_test_directory d = rn_test_directory_new();

    if (geteuid() != 0) cr_skip_test("not the superuser");
    cr_assert(!chmod(".", 0777));
    rn_test_write("x", "old", 3);
    cr_assert(!chown("x", 0, 12345) && !chmod("x", 0666));
    cr_assert(!setegid(NOBODY) && !seteuid(NOBODY));
    replaces("x", "new");
    cr_assert_eq(mode_of("x"), 0666);
    cr_assert(!seteuid(0) && !setegid(0));
    cr_assert(!chown("x", 0, 12345) && !chmod("x", 0662));
    cr_assert(!setegid(NOBODY) && !seteuid(NOBODY));
    replaces("x", "new");
    cr_assert_eq(mode_of("x"), 0622, "%o", mode_of("x"));
    cr_assert(!seteuid(0) && !setegid(0));
    rn_test_directory_free(&d);
}

/* A file that may not be written is left alone, though its directory allows replacing
 * it. */
Test(file_target, write_protected)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_write("x", "old", 3);
    cr_assert(!chmod("x", 0444));
    if (geteuid() == 0)
        cr_assert(!chown(".", NOBODY, NOBODY) && !chown("x", NOBODY, NOBODY) &&
                  !seteuid(NOBODY));
    refuses("x", "x: cannot be written: Permission denied");
    holds("x", "old");
    cr_assert(!chmod(".", 0555));
    refuses("y", "y: cannot create a file in its directory: Permission denied");
    cr_assert(!chmod(".", 0700));
    if (getuid() == 0) cr_assert(!seteuid(0));
    rn_test_directory_free(&d);
}

/* ---- links ---- */

Test(file_target, links_are_followed)
{
    rn_test_directory d = rn_test_directory_new();
    char absolute[128];

    cr_assert(!mkdir("folder", 0700) && !mkdir("other", 0700));
    snprintf(absolute, sizeof absolute, "%s/other/there", d.path);
    rn_test_write("folder/x", "old", 3);
    cr_assert(!symlink("folder/x", "link") && !symlink("../link", "folder/again"));
    cr_assert(!symlink(absolute, "dangling") && !symlink("other", "way"));

    replaces("folder/again", "new");
    holds("folder/x", "new");
    replaces("dangling", "made");
    holds("other/there", "made");
    replaces("way/there", "twice");
    holds("other/there", "twice");
    cr_assert_eq(rn_test_directory_count(), 5, "a file is left");
    struct stat about;
    static const char *const links[] = {"link", "folder/again", "dangling", "way"};
    for (int i = 0; i < 4; i++)
        cr_assert(!lstat(links[i], &about) && S_ISLNK(about.st_mode), "%s", links[i]);

    unlink("folder/again"), unlink("folder/x"), unlink("other/there");
    rn_test_directory_free(&d);
}

Test(file_target, links_that_lead_nowhere)
{
    rn_test_directory d = rn_test_directory_new();

    cr_assert(!symlink("b", "a") && !symlink("a", "b") && !symlink("no/where", "c"));
    refuses("a", "a: cannot be written: Too many levels of symbolic links");
    refuses("c", "c: cannot be written: No such file or directory");
    refuses("", ": cannot be written: No such file or directory");
    refuses("x/", "x/: cannot be written: Is a directory");
    rn_test_directory_free(&d);
}

/* The other name of a file keeps what it had. */
Test(file_target, hard_links)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_write("x", "old", 3);
    cr_assert(!link("x", "y"));
    replaces("x", "new");
    holds("x", "new");
    holds("y", "old");
    rn_test_directory_free(&d);
}

/* ---- what is no regular file ---- */

Test(file_target, only_regular_files, .timeout = 20)
{
    rn_test_directory d = rn_test_directory_new();
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr_un address = {AF_UNIX, "socket"};
    struct stat about;

    cr_assert(!mkdir("folder", 0700) && !mkfifo("pipe", 0666) && !symlink("pipe", "link"));
    cr_assert(!bind(s, (const struct sockaddr *)&address, sizeof address));
    refuses("folder", "folder: is a directory, not a regular file");
    refuses("folder/", "folder/: is a directory, not a regular file");
    refuses(".", ".: is a directory, not a regular file");
    refuses("pipe", "pipe: is a pipe, not a regular file");
    refuses("link", "link: is a pipe, not a regular file");
    refuses("socket", "socket: is a socket, not a regular file");
    if (geteuid() == 0 && !mknod("device", S_IFCHR | 0666, makedev(1, 3)))
        refuses("device", "device: is a device, not a regular file");
    cr_assert(!stat("pipe", &about) && S_ISFIFO(about.st_mode), "the pipe is gone");
    close(s);
    rn_test_directory_free(&d);
}

/* Loading neither waits for a writer nor lets one go on. */
Test(file_target, no_pipe_is_loaded, .timeout = 20)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = rn_model_new(1);

    cr_assert(!mkfifo("pipe", 0666));
    cr_assert_eq(rn_model_load(model, "pipe"), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), "pipe: is a pipe, not a regular file");
    cr_assert_eq(rn_model_load(model, "."), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), ".: is a directory, not a regular file");
    cr_assert_eq(rn_model_load(model, "/dev/zero"), RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model), "/dev/zero: is a device, not a regular file");
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* ---- names ---- */

Test(file_target, any_name_that_a_file_may_have)
{
    rn_test_directory d = rn_test_directory_new();
    char name[256];

    for (size_t length = 200; length <= 255; length += 11) {
        memset(name, 'n', length);
        name[length] = 0;
        replaces(name, "long");
        holds(name, "long");
        unlink(name);
    }
    cr_assert_eq(rn_test_directory_count(), 0);
    rn_test_directory_free(&d);
}

/* Killed runs of one process number, as containers have it, do not use up the names. */
Test(file_target, files_of_killed_runs_do_not_hinder)
{
    rn_test_directory d = rn_test_directory_new();
    char name[64];

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "x.%ld.%d.tmp", (long)getpid(), i);
        rn_test_write(name, "theirs", 6);
    }
    replaces("x", "mine");
    holds("x", "mine");
    holds(name, "theirs");
    cr_assert_eq(rn_test_directory_count(), 201);
    rn_test_directory_free(&d);
}

/* The first name in the directory that begins like a temporary file. */
static void find_temporary(char *name, size_t capacity)
{
    DIR *directory = opendir(".");
    struct dirent *e;

    name[0] = 0;
    cr_assert(directory);
    while (!name[0] && (e = readdir(directory)) != NULL)
        if (!strncmp(e->d_name, ".rondo-", 7)) snprintf(name, capacity, "%s", e->d_name);
    closedir(directory);
}

/* A child writes `path` over and over until it has been killed while it did. */
static void leave_one(const char *path, char *name, size_t capacity)
{
    static char large[4000000];
    const rn__piece piece = {large, sizeof large};

    for (int i = 0; i < 1000; i++) {
        const struct timespec wait = {0, 1000000 + i % 50 * 100000};
        rn__fault fault = {""};
        const pid_t child = fork();
        if (child == 0)
            for (;;) rn__file_replace((rn_allocator){NULL, NULL}, path, &piece, 1, &fault);
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        find_temporary(name, capacity);
        if (name[0]) return;
    }
    cr_assert_fail("no temporary file is left");
}

static void age(const char *name, time_t seconds)
{
    const struct timespec t = {time(NULL) - seconds, 0}, times[2] = {t, t};

    cr_assert(!utimensat(AT_FDCWD, name, times, 0), "%s", name);
}

static bool there(const char *name)
{
    return access(name, F_OK) == 0;
}

Test(file_target, files_of_killed_runs_are_removed, .timeout = 60)
{
    rn_test_directory d = rn_test_directory_new();
    char name[256], other[260];

    leave_one("x", name, sizeof name);
    replaces("x", "new");
    cr_assert(there(name), "one so young may be in use");

    age(name, 600);
    replaces("y", "other");
    cr_assert(there(name), "one of another file");
    cr_assert(!symlink(name, "link"));
    snprintf(other, sizeof other, "%.20sabcd%s", name, name + 24);
    rn_test_write(other, "theirs", 6);
    age(other, 600);

    /* Somebody is writing it. */
    const int file = open(name, O_RDONLY);
    cr_assert(file >= 0 && !flock(file, LOCK_EX));
    replaces("x", "new");
    cr_assert(there(name), "one that is locked");
    close(file);

    replaces("x", "new");
    cr_assert(!there(name), "it is left");
    cr_assert(there(other), "a name that is not its own");
    holds("x", "new");
    rn_test_directory_free(&d);
}

/* ---- the public functions ---- */

Test(file_target, written_by_the_public_function)
{
    rn_test_directory d = rn_test_directory_new();
    char message[64] = "old";

    cr_assert_eq(rn_file_write("x", "text", 4, message, sizeof message), RN_OK);
    cr_assert_str_eq(message, "");
    holds("x", "text");
    cr_assert_eq(rn_file_write("x", NULL, 0, NULL, 0), RN_OK);
    holds("x", "");
    cr_assert_eq(rn_file_write("no/x", "text", 4, message, 20), RN_IO);
    cr_assert_str_eq(message, "no/x: cannot be wri", "%s", message);
    cr_assert_eq(rn_file_write(NULL, "text", 4, message, sizeof message), RN_INVALID);
    cr_assert_str_eq(message, "file_write: no path");
    cr_assert_eq(rn_file_write("x", NULL, 4, message, sizeof message), RN_INVALID);
    cr_assert_str_eq(message, "file_write: no data");
    rn_test_directory_free(&d);
}

Test(file_target, checked_by_the_public_function)
{
    rn_test_directory d = rn_test_directory_new();
    char message[128];

    rn_test_write("x", "old", 3);
    cr_assert_eq(rn_file_check("x", message, sizeof message), RN_OK);
    cr_assert_eq(rn_file_check("y", message, sizeof message), RN_OK);
    cr_assert_str_eq(message, "");
    cr_assert_eq(rn_file_check("no/y", message, sizeof message), RN_IO);
    cr_assert_str_eq(message, "no/y: cannot be written: No such file or directory");
    cr_assert_eq(rn_file_check(".", message, sizeof message), RN_IO);
    cr_assert_str_eq(message, ".: is a directory, not a regular file");
    cr_assert_eq(rn_file_check(NULL, NULL, 0), RN_INVALID);
    cr_assert_eq(rn_test_directory_count(), 1, "something was made");
    holds("x", "old");
    rn_test_directory_free(&d);
}
