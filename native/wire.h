/*
 * The bytes between keeper and daemon: a mirror of protocol/keeper/, where every field is explained.
 * All integers are little-endian and packed. `espalier-keeper --layout` prints this mirror; a test compares the two.
 */
#ifndef ESPALIER_WIRE_H
#define ESPALIER_WIRE_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the keeper lays its structures over the bytes of the wire, which are little-endian"
#endif

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define WIRE_VERSION 4u
/* A frame is u32 length, then that many bytes: u8 type, u32 id, fields, tail. */
#define FRAME_BYTES_MAX 65536u
#define FRAME_HEAD 9u
/* All texts of one spawn; the kernel takes less than this (ARG_MAX). */
#define TEXT_BYTES_MAX (2u << 20)
/* What the daemon has us keep of a node, to be told it again. */
#define WORD_BYTES_MAX 512u

#define HELLO(F) F(u32, version) F(u32, daemon_pid) F(u64, generation) F(u64, last_seq)
#define CONFIG(F) F(u32, abandon_ms) F(u32, grace_ms) F(u8, keep)
#define SPAWN(F) \
  F(u64, key) F(u32, parent_id) F(u32, flags) F(u32, uid) F(u32, gid) F(u32, nice) F(u32, group_count) \
  F(u32, limit_count) F(u32, argument_count) F(u32, variable_count) F(u8, stdin_kind) F(u8, stdout_kind) \
  F(u8, stderr_kind) F(u64, ttl_ms) F(u32, word_bytes)
#define NOTHING(F)
#define ACK(F) F(u64, seq)
#define SIGNAL(F) F(u8, signal) F(u8, scope) F(u8, reason)
#define END(F) F(u32, deadline_ms) F(u8, reason)
#define ANSWER(F) F(u8, last)
#define LOGS(F) F(u64, max_bytes) F(u64, total_bytes) F(u32, files)
#define LOG_STRAY(F) F(u32, pid) F(u64, start_ticks)

#define WELCOME(F) \
  F(u32, version) F(u32, pid) F(u64, start_ticks) F(u64, generation) F(u64, seq) F(u64, acked) \
  F(u64, abandoned_ms) F(u32, last_id)
#define PROCESS(F) \
  F(u64, key) F(u32, parent_id) F(u32, pid) F(u64, start_ticks) F(u64, started_ms) F(u32, stdin_fd) \
  F(u32, stdout_fd) F(u32, stderr_fd) F(u8, exited)
#define FAILED(F) F(u32, error) F(u8, step)
#define EXIT(F) \
  F(u64, seq) F(u64, key) F(u32, id) F(u32, pid) F(u64, start_ticks) F(u64, started_ms) F(u64, ended_ms) \
  F(u32, code) F(u32, signal) F(u32, flags) F(u32, reason) F(u64, user_us) F(u64, system_us) \
  F(u64, max_rss_bytes) F(u64, minor_faults) F(u64, major_faults) F(u32, blocks_in) F(u32, blocks_out) \
  F(u32, switches) F(u32, preemptions) F(u32, parent_id) F(u32, check)
#define SIGNALLED(F) F(u32, count) F(u32, error)
#define ENDED(F) F(u64, us) F(u32, passes) F(u32, killed) F(u8, stuck)
#define STATUS(F) \
  F(u32, live) F(u32, left) F(u32, streams) F(u32, ending) F(u64, journal_bytes) F(u64, dropped) F(u64, cpu_us) \
  F(u64, log_bytes) F(u64, log_lost)
#define ASK(F) F(u32, pid) F(u64, start_ticks) F(u32, anchor_id) F(u8, how) F(u32, hops) F(u32, uid) F(u64, until_ms)

/* Commands of the daemon have numbers below 64, reports of the keeper from there on. */
#define MESSAGES(M) \
  M(hello, 1, HELLO) M(config, 2, CONFIG) M(spawn, 3, SPAWN) M(text, 4, NOTHING) M(ack, 5, ACK) \
  M(signal, 6, SIGNAL) M(end, 7, END) M(opened, 8, NOTHING) M(quit, 9, NOTHING) M(ask_status, 10, NOTHING) \
  M(answer, 11, ANSWER) M(take, 12, NOTHING) M(logs, 13, LOGS) \
  M(log_stray, 14, LOG_STRAY) \
  M(welcome, 64, WELCOME) M(live, 65, PROCESS) M(live_end, 66, NOTHING) M(started, 67, PROCESS) \
  M(failed, 68, FAILED) M(exit, 69, EXIT) M(signalled, 70, SIGNALLED) M(ended, 71, ENDED) \
  M(status, 72, STATUS) M(fault, 73, NOTHING) M(ask, 74, ASK) M(ask_part, 80, NOTHING) \
  M(asker_gone, 81, NOTHING)

/* What a spawn may fail at, in the order of their numbers from 1. */
#define STEPS(S) \
  S(known) S(ending) S(room) S(text) S(pipe) S(file) S(log) S(clone) S(session) S(stdio) S(limits) S(nice) S(user) \
  S(privileges) S(chdir) S(exec)

#define FLAGS(F) \
  F(spawn_user, 1) F(spawn_no_new_privileges, 2) F(spawn_session, 4) F(spawn_nice, 8) \
  F(exit_core, 1) F(exit_declared, 2) F(exit_coalesced, 4) F(exit_output, 8) \
  F(stdio_null, 0) F(stdio_pipe, 1) F(stdio_file, 2) F(stdio_log, 3) \
  F(scope_one, 0) F(scope_tree, 1) F(scope_wake, 2) \
  F(reason_ttl, 3) F(reason_oom, 7) \
  F(how_itself, 0) F(how_below, 1) F(how_adopted, 2) F(how_stray, 3)

#define FIELD(type, name) type name;
#define DECLARE(name, number, fields) struct __attribute__((packed)) msg_##name { fields(FIELD) };
#define NUMBER(name, number, fields) MSG_##name = number,
#define STEP(name) STEP_##name,
#define FLAG(name, value) FLAG_##name = value,

MESSAGES(DECLARE)
enum message { MESSAGES(NUMBER) };
enum step { STEP_none, STEPS(STEP) };
enum { FLAGS(FLAG) };

/* One entry of a spawn's list of resource limits. */
struct __attribute__((packed)) resource_limit { u32 resource; u64 soft; u64 hard; };

/* A process of a keeper before us, as `take` tells of it. */
struct __attribute__((packed)) stray { u32 pid; u64 ticks; };

#define RECORD_BYTES sizeof(struct msg_exit)

#endif
