/* SPDX-License-Identifier: MIT */
/*
 * Instructions that do nothing and that tcg-profile.c knows: nopl with a displacement of its own
 * before and after what is to be counted.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_SIZE  7
#define MARK_BEGIN 0x0f, 0x1f, 0x80, 0x62, 0x65, 0x67, 0x69
#define MARK_END   0x0f, 0x1f, 0x80, 0x65, 0x6e, 0x64, 0x69

#define MARK_TEXT(...)	MARK_TEXT_(__VA_ARGS__)
#define MARK_TEXT_(...) #__VA_ARGS__
#define mark_begin()	__asm__ volatile(".byte " MARK_TEXT(MARK_BEGIN)::: "memory")
#define mark_end()	__asm__ volatile(".byte " MARK_TEXT(MARK_END)::: "memory")

#endif
