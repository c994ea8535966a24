/*
 * The keeper: the parent of all that one service runs. It spawns, reaps, signals and ends processes as the daemon says
 * over a link, remembers every exit until the daemon has stored it, and goes on without a daemon. One thread, one loop;
 * nothing here waits but epoll_wait. protocol/keeper/ says what the messages mean, docs/adr/0008 what the files hold.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "keeper.h"

struct keeper keeper;

static void print_layout(void);
static void turn(void);
static void hear_signals(void);
static void node_event(u32 id);
static bool must_scan(void);
static void watch_clocks(void);
static void settle(bool childless);
static int wait_ms(void);
static u64 abandon_at_us(void);

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--layout") == 0) {
    print_layout();
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--door") == 0) keep_door(argv[2]);
  boot(argc, argv);
  while (keeper.state != DONE) turn();
  leave();
}

static void turn(void) {
  struct epoll_event events[64];
  int count = epoll_wait(keeper.epoll_fd, events, 64, wait_ms());
  if (count < 0 && errno != EINTR) die("epoll_wait");
  /* First: a SIGCHLD that is read after its child was looked for would be the last that is heard of it. */
  hear_signals();
  bool childless = must_scan() && reap();
  /* The word that an end waits for. */
  if (childless && keeper.pass_at_us) keeper.pass_at_us = 1;
  for (int at = 0; at < count; at++) {
    u32 what = (u32)(events[at].data.u64 >> 32), fd = (u32)events[at].data.u64;
    if (what == NODE_EVENT) node_event(fd);
    else if (what > 0) stream_event((int)fd, what, events[at].events);
    else if ((int)fd == keeper.listen_fd) meet();
    else if ((int)fd == keeper.ear_fd) meet_askers();
    else if ((int)fd == keeper.link.fd) link_event(&keeper.link, events[at].events);
    else if ((int)fd == keeper.greeting.fd) link_event(&keeper.greeting, events[at].events);
    else ask_event((int)fd, events[at].events);
  }
  /* Commands that have been read and had to wait. */
  if (keeper.link.paused && may_command()) link_event(&keeper.link, 0);
  watch_clocks();
  tend_asks();
  tell();
  settle(childless);
}

static void hear_signals(void) {
  struct signalfd_siginfo info;
  while (read(keeper.signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    /* What a terminal sends is not meant for us. */
    if (info.ssi_signo == SIGTERM) end_politely();
    if (info.ssi_signo == SIGCHLD) child_ended((pid_t)info.ssi_pid);
  }
}

/* An end waits for the kernel's word that no child is left; else it is asked when one has ended that no pidfd has told of. */
static bool must_scan(void) {
  if (keeper.reap_more || keeper.pass_at_us || keeper.quit || keeper.state == ENDING || keeper.state == STUCK) return true;
  return keeper.scan_at_us && now_us() >= keeper.scan_at_us;
}

static void node_event(u32 id) {
  struct node *node = find_node(BY_ID, id);
  if (node != NULL && node->state == RUNNING) reap_one(node->pid);
}

static void watch_clocks(void) {
  u64 now = now_us();
  if (keeper.greeting.fd >= 0 && now >= keeper.greeting.hello_by_us) close_link(&keeper.greeting);
  if (keeper.unwritten_at_us && now >= keeper.unwritten_at_us) retry_unwritten();
  if (keeper.sweep_at_us && now >= keeper.sweep_at_us) sweep();
  if (keeper.pass_at_us && now >= keeper.pass_at_us) pass();
  if (keeper.kin_at_us && now >= keeper.kin_at_us) look();
  if (keeper.grace_until_us && now >= keeper.grace_until_us) {
    struct msg_end all = { .deadline_ms = END_WAIT_MS };
    const u8 everything[4] = { 0 };
    keeper.grace_until_us = 0;
    begin_end(0, &all, everything, 1);
  }
  if (keeper.ttl_at_us && now >= keeper.ttl_at_us) end_expired();
  if (keeper.expired_at_us && now >= keeper.expired_at_us) kill_expired();
  u64 abandon = abandon_at_us();
  if (abandon && now >= abandon) end_politely();
}

/* Where the keeper stands now. `childless` is the kernel's word: wait4 said ECHILD, so no descendant is left. */
static void settle(bool childless) {
  bool leaving = keeper.state == ENDING || keeper.state == STUCK || keeper.quit;
  if (!leaving) {
    keeper.state = keeper.link.fd >= 0 ? SERVING : keeper.greeting.fd >= 0 ? GREET : ALONE;
    return;
  }
  if (!childless || keeper.live > 0 || keeper.unwritten) return;
  if (keeper.state == ENDING && keeper.kin_live > 0) return;
  for (int at = 0; at < ENDS_MAX; at++)
    if (keeper.ends[at].active) return;
  if (!keeper.farewell_us) keeper.farewell_us = now_us() + FAREWELL_MS * 1000ull;
  bool stored = keeper.acked == keeper.seq && keeper.link.out_start == keeper.link.out_end;
  if (keeper.link.fd < 0 || stored || now_us() >= keeper.farewell_us) keeper.state = DONE;
}

static int wait_ms(void) {
  if (keeper.reap_more || (keeper.link.paused && may_command())) return 0;
  u64 at = keeper.greeting.fd >= 0 ? keeper.greeting.hello_by_us : 0;
  at = earliest(at, keeper.unwritten_at_us);
  at = earliest(at, keeper.sweep_at_us);
  at = earliest(at, keeper.scan_at_us);
  at = earliest(at, keeper.pass_at_us);
  at = earliest(at, keeper.kin_at_us);
  at = earliest(at, keeper.grace_until_us);
  at = earliest(at, keeper.farewell_us);
  at = earliest(at, keeper.ttl_at_us);
  at = earliest(at, keeper.expired_at_us);
  at = earliest(at, abandon_at_us());
  at = earliest(at, asks_at_us());
  at = earliest(at, keeper.log.retry_at_us);
  if (!at) return -1;
  u64 now = now_us();
  return at <= now ? 0 : at - now > 60000000 ? 60000 : (int)((at - now + 999) / 1000);
}

/* When to act on being alone; 0: not now. One that keeps its processes looks again when one of them has ended. */
static u64 abandon_at_us(void) {
  if (!keeper.alone_since_us || keeper.link.fd >= 0 || (keeper.state != ALONE && keeper.state != GREET)) return 0;
  bool idle = keeper.live == 0 && keeper.kin_live == 0 && !have_orphans();
  if (keeper.config.keep && !idle) return 0;
  /* Of an embedder that has ended: nobody comes, and there is nothing to wait for. */
  if (keeper.ephemeral && keeper.linked && idle && keeper.acked == keeper.seq) return keeper.alone_since_us;
  return keeper.alone_since_us + keeper.config.abandon_ms * 1000ull;
}

u64 earliest(u64 a, u64 b) {
  return a == 0 ? b : b == 0 || a < b ? a : b;
}

u64 now_us(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) < 0) die("clock_gettime");
  return (u64)now.tv_sec * 1000000u + (u64)now.tv_nsec / 1000u;
}

u64 wall_ms(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) < 0) die("clock_gettime");
  return (u64)now.tv_sec * 1000u + (u64)now.tv_nsec / 1000000u;
}

/* Says why on the way out, to whoever started us and still listens. Children run on; the next keeper finds them. */
_Noreturn void die(const char *what) {
  if (keeper.ready_fd > 0) dprintf(keeper.ready_fd, "failed %s: %s\n", what, strerror(errno));
  exit(1);
}

#define ROW(type, name) " " #name ":" #type
#define MESSAGE(name, number, fields) "message " #name " " #number fields(ROW) "\n"
#define STEP_ROW(name) "step " #name "\n"
#define FLAG_ROW(name, value) "flag " #name " " #value "\n"

static void print_layout(void) {
  fputs(MESSAGES(MESSAGE) STEPS(STEP_ROW) FLAGS(FLAG_ROW), stdout);
  printf("size exit %zu\nsize limit %zu\n", RECORD_BYTES, sizeof(struct resource_limit));
  printf("bound frame %u\nbound text %u\nversion %u\n", FRAME_BYTES_MAX, TEXT_BYTES_MAX, WIRE_VERSION);
}
