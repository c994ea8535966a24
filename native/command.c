/* What the daemon says, taken apart by type. Every length is checked here; the handlers check what it means. */

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "keeper.h"

static void report_status(u32 id);
static bool fault(const char *why);

/* False ends the link, after a word why. */
bool command(u8 type, u32 id, const u8 *body, u32 bytes) {
  union {
    struct msg_config config;
    struct msg_spawn spawn;
    struct msg_ack ack;
    struct msg_signal signal;
    struct msg_end end;
    struct msg_answer answer;
    struct msg_logs logs;
    struct msg_log_stray stray;
  } fields;
  static const u8 sizes[] = {
    [MSG_config] = sizeof fields.config, [MSG_spawn] = sizeof fields.spawn, [MSG_ack] = sizeof fields.ack,
    [MSG_signal] = sizeof fields.signal, [MSG_end] = sizeof fields.end,
    [MSG_answer] = sizeof fields.answer, [MSG_logs] = sizeof fields.logs, [MSG_log_stray] = sizeof fields.stray,
  };
  u32 size = type < sizeof sizes ? sizes[type] : 0;
  if (bytes < size) return fault("a command is shorter than its fields");
  memcpy(&fields, body, size);
  const u8 *tail = body + size;
  u32 tail_bytes = bytes - size;
  bool has_ids = type == MSG_signal || type == MSG_end;
  bool has_text = type == MSG_spawn || type == MSG_text || type == MSG_answer || type == MSG_logs || type == MSG_log_stray;
  if (type == MSG_take ? tail_bytes % sizeof(struct stray) != 0 : has_ids ? tail_bytes % 4 != 0 : tail_bytes > 0 && !has_text)
    return fault("a command has a tail that it should not have");
  switch (type) {
    case MSG_config: keeper.config = fields.config; return true;
    case MSG_text: keep_text(tail, tail_bytes); return true;
    case MSG_spawn: spawn(id, &fields.spawn, tail, tail_bytes); return true;
    case MSG_ack: acknowledge(fields.ack.seq); return true;
    case MSG_signal:
      if (fields.signal.signal > 64) return fault("a signal has a number from 0 to 64");
      signal_nodes(id, &fields.signal, tail, tail_bytes / 4);
      return true;
    case MSG_end: begin_end(id, &fields.end, tail, tail_bytes / 4); return true;
    case MSG_opened:
      if (find_node(BY_ID, id) != NULL) close_stdin(find_node(BY_ID, id));
      return true;
    case MSG_answer: answer_ask(id, &fields.answer, tail, tail_bytes); return true;
    case MSG_take: take(tail, tail_bytes / sizeof(struct stray)); return true;
    case MSG_logs: set_logs(&fields.logs, tail, tail_bytes); return true;
    case MSG_log_stray: log_stray(&fields.stray, tail, tail_bytes); return true;
    case MSG_quit: keeper.quit = true; return true;
    case MSG_ask_status: report_status(id); return true;
    default: return fault("a command is unknown");
  }
}

static void report_status(u32 id) {
  struct rusage self;
  struct msg_status status = {
    .live = keeper.live, .left = keeper.gone, .streams = keeper.streams_open, .journal_bytes = journal_bytes(),
    .dropped = keeper.dropped + keeper.coalesced, .log_bytes = keeper.log.written,
    .log_lost = keeper.log.all_lost + keeper.log.lost_lines,
  };
  for (int slot = 0; slot < ENDS_MAX; slot++) status.ending += keeper.ends[slot].active;
  if (getrusage(RUSAGE_SELF, &self) == 0) {
    status.cpu_us = (u64)(self.ru_utime.tv_sec + self.ru_stime.tv_sec) * 1000000u +
      (u64)(self.ru_utime.tv_usec + self.ru_stime.tv_usec);
  }
  report(MSG_status, id, &status, sizeof status, NULL, 0);
}

static bool fault(const char *why) {
  report(MSG_fault, 0, NULL, 0, why, strlen(why) + 1);
  tell();
  return false;
}
