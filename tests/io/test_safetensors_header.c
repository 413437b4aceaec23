/* SPDX-License-Identifier: MIT */
/* Headers of safetensors files: accepted ones, and the messages for the others. */
#include "io/safetensors.h"
#include "io_support.h"

#include <string.h>

/* Reads a file of this header and 8 bytes of data, of which the second is 2. */
static void header_gives(const char *header, const char *message)
{
    static const unsigned char data[8] = {1, 2, 0, 0, 0, 0, 0, 0};
    rn__fault fault = {""};
    rn__safetensors st;

    rn_test_write_safetensors("x", header, data, 8);
    const rn_status status =
        rn_test_safetensors(&st, (rn_allocator){NULL, NULL}, "x", &fault);
    rn__safetensors_finish(&st);
    cr_assert_str_eq(fault.message, message, "%s: %s", header, fault.message);
    cr_assert_eq(status, *message ? RN_BAD_FILE : RN_OK);
}

/* Members of a tensor over the whole data. */
#define GOOD "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"

Test(safetensors_header, good_headers)
{
    rn_test_directory d = rn_test_directory_new();

    header_gives("{\"w\":{" GOOD "}}", "");
    header_gives("{\"w\":{" GOOD "}}     \n\t ", "");
    header_gives("{ \"w\" : { \"shape\" : [ 1 , 2 ] ,\n\"data_offsets\":[0,8]\t,"
                 "\"dtype\":\"F32\" } }",
                 "");
    header_gives("{\"\\u0077\":{" GOOD "}}", "");
    header_gives("{\"__metadata__\":{},\"w\":{" GOOD "}}", "");
    header_gives("{\"w\":{" GOOD "},\"__metadata__\":{\"format\":\"pt\",\"b\":\"\"}}", "");
    header_gives("{\"w\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[4,8]},"
                 "\"v\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
                 "");
    header_gives("{\"w\":{" GOOD "},\"empty\":{\"dtype\":\"F64\",\"shape\":[3,0],"
                 "\"data_offsets\":[0,0]},\"end\":{\"dtype\":\"F64\",\"shape\":[0],"
                 "\"data_offsets\":[8,8]}}",
                 "");
    header_gives("{\"\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,2],"
                 "\"data_offsets\":[0,8]}}",
                 "");
    rn_test_directory_free(&d);
}

Test(safetensors_header, bad_json)
{
    rn_test_directory d = rn_test_directory_new();

    header_gives("", "x: the header does not begin with {");
    header_gives(" {}", "x: the header does not begin with {");
    header_gives("[]", "x: the header does not begin with {");
    header_gives("{", "x: header: a string is missing");
    header_gives("{]", "x: header: a string is missing");
    header_gives("{\"w\"}", "x: header: a colon is missing");
    header_gives("{\"w\":1}", "x: tensor \"w\": header: not an object");
    header_gives("{\"w\":{" GOOD "}", "x: header: the object does not end");
    header_gives("{\"w\":{" GOOD "},}", "x: header: a string is missing");
    header_gives("{\"w\":{" GOOD "}}x", "x: header: there is text after the object");
    header_gives("{\"w\":{" GOOD "}}{}", "x: header: there is text after the object");
    header_gives("{\"w\":{" GOOD, "x: tensor \"w\": header: the object does not end");
    header_gives("{\"w\":{" GOOD ",}}", "x: tensor \"w\": header: a string is missing");
    header_gives("{\"w\":{}}", "x: tensor \"w\": header: a string is missing");
    header_gives("{\"\xff\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\xc0\x80\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\xed\xa0\x80\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\xf4\x90\x80\x80\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\xe0\x80\x80\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\xf0\x80\x80\x80\":{" GOOD "}}", "x: the header is not UTF-8");
    header_gives("{\"\\u0000\":{" GOOD "}}", "x: header: a zero in a string");
    header_gives("{\"\\q\":{" GOOD "}}", "x: header: a bad escape in a string");
    rn_test_directory_free(&d);
}

Test(safetensors_header, bad_metadata)
{
    rn_test_directory d = rn_test_directory_new();

    header_gives("{\"__metadata__\":1}", "x: header: __metadata__ is not an object");
    header_gives("{\"__metadata__\":{\"a\":1}}", "x: header: a string is missing");
    header_gives("{\"__metadata__\":{\"a\"}}", "x: header: a colon is missing");
    header_gives("{\"__metadata__\":{\"a\":\"b\"", "x: header: __metadata__ does not end");
    header_gives("{\"__metadata__\":{\"a\":{}}}", "x: header: a string is missing");
    header_gives("{\"__metadata__\":{\"b\":\"\",\"a\":\"\",\"b\":\"\"}}",
                 "x: header: duplicate key in __metadata__");
    header_gives("{\"__metadata__\":{},\"__metadata__\":{}}",
                 "x: header: duplicate __metadata__");
    rn_test_directory_free(&d);
}

/* One tensor "w" of these members. */
static void tensor_gives(const char *members, const char *message)
{
    char header[400], full[400];

    strcat(strcat(strcpy(header, "{\"w\":{"), members), "}}");
    strcat(strcpy(full, "x: tensor \"w\": "), message);
    header_gives(header, full);
}

Test(safetensors_header, bad_members)
{
    rn_test_directory d = rn_test_directory_new();

    tensor_gives(GOOD ",\"more\":1", "a member that is not dtype, shape or data_offsets");
    tensor_gives(GOOD ",\"dtype\":\"F32\"", "a duplicate member");
    tensor_gives("\"shape\":[2],\"data_offsets\":[0,8]",
                 "dtype, shape or data_offsets is missing");
    tensor_gives("\"dtype\":\"F32\"", "dtype, shape or data_offsets is missing");
    tensor_gives("\"dtype\":\"F12\",\"shape\":[4],\"data_offsets\":[0,8]",
                 "unknown element type");
    tensor_gives("\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]",
                 "unknown element type");
    tensor_gives("\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]",
                 "its offsets do not match its shape and type");
    tensor_gives("\"dtype\":4", "header: a string is missing");
    tensor_gives("\"shape\":2", "header: shape is not an array");
    tensor_gives("\"shape\":[2", "header: shape does not end");
    tensor_gives("\"shape\":[-2]", "header: a natural number is missing");
    tensor_gives("\"shape\":[2.0]", "header: a natural number is missing");
    tensor_gives("\"shape\":[02]", "header: a number with a leading zero");
    tensor_gives("\"shape\":[2,]", "header: a natural number is missing");
    tensor_gives("\"shape\":[[2]]", "header: a natural number is missing");
    tensor_gives("\"shape\":[99999999999999999999]", "header: a number is too large");
    tensor_gives("\"shape\":[9223372036854775808]", "its size is too large");
    tensor_gives("\"shape\":[1,1,1,1,1,1,1,1,1]", "has more than 8 axes");
    tensor_gives("\"data_offsets\":[0]", "header: data_offsets needs two numbers");
    tensor_gives("\"data_offsets\":[0,8,9]", "header: data_offsets needs two numbers");
    tensor_gives("\"data_offsets\":{}", "header: data_offsets is not an array");
    tensor_gives("\"data_offsets\":[8,0]", "ends before it begins");
    tensor_gives("\"data_offsets\":[0,9]", "reaches beyond the end of the file");
    tensor_gives("\"data_offsets\":[0,18446744073709551615]",
                 "reaches beyond the end of the file");
    rn_test_directory_free(&d);
}

Test(safetensors_header, bad_offsets)
{
    rn_test_directory d = rn_test_directory_new();

    tensor_gives("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]",
                 "its offsets do not match its shape and type");
    tensor_gives("\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]",
                 "its offsets do not match its shape and type");
    tensor_gives("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]",
                 "there is a gap before it");
    tensor_gives("\"dtype\":\"BOOL\",\"shape\":[8],\"data_offsets\":[0,8]",
                 "a bool that is not 0 or 1");
    header_gives("{}", "x: there are bytes after the last tensor");
    header_gives("{\"w\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}",
                 "x: there are bytes after the last tensor");
    /* Products that wrap: to 0, to 8, and past an axis of size 0. */
    tensor_gives("\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]",
                 "its size is too large");
    tensor_gives("\"dtype\":\"F32\",\"shape\":[4611686018427387904,2],"
                 "\"data_offsets\":[0,8]",
                 "its size is too large");
    tensor_gives("\"dtype\":\"BOOL\",\"shape\":[9223372036854775807,2,1,1],"
                 "\"data_offsets\":[0,8]",
                 "its size is too large");
    tensor_gives("\"dtype\":\"F32\",\"shape\":[0,4611686018427387904,4],"
                 "\"data_offsets\":[0,0]",
                 "its size is too large");
    header_gives("{\"v\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                 "\"w\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                 "x: tensor \"w\": overlaps another one");
    header_gives("{\"v\":{\"dtype\":\"BOOL\",\"shape\":[5],\"data_offsets\":[0,5]},"
                 "\"w\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                 "x: tensor \"w\": overlaps another one");
    header_gives("{\"v\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
                 "\"v\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}",
                 "x: tensor \"v\": occurs twice");
    header_gives("{\"v\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                 "\"v\":{" GOOD "}}",
                 "x: tensor \"v\": occurs twice");
    rn_test_directory_free(&d);
}
