/*
 * Signals to nodes and their forks, and the end of them: stop everything, kill the newest first, look again, until nothing
 * is left. For the whole service that is the kernel's word (wait4 says ECHILD); for some nodes, and for what a keeper before us left
 * behind, looks in a row that find nobody.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "keeper.h"

enum { PASS_FIRST_US = 1000, PASS_LONGEST_US = 50000, PASS_STUCK_US = 1000000, CLEAN_LOOKS = 3, CHASE_ROUNDS = 32 };

static bool mark_nodes(const u8 *ids, u32 count, u8 reason);
static struct node *node_at(const u8 *ids, u32 at);
static u32 signal_one(const u8 *ids, u32 count, int signal, u32 *error);
static u32 signal_marked(bool all, int signal, bool wake);
static bool is_ours(const struct seen *seen);
static bool is_alive(const struct seen *seen);
static u32 orders_on(const struct seen *seen);
static void freeze(void);
static void stop_orphans(void);
static void kill_seen(u32 *victims);
static bool is_running(u32 order);
static void settle_end(u32 slot, bool childless, bool alone, u32 victims);
static void finish(u32 slot);
static void report_end(u32 slot, bool stuck);
static int by_age(const void *a, const void *b);

/* Signal 0 only counts. Those who ended before are reaped first, so that an order is not said to be what they died of. */
void signal_nodes(u32 request, const struct msg_signal *body, const u8 *ids, u32 count) {
  u32 met = 0, error = 0;
  while (!reap() && keeper.reap_more) continue;
  bool all = mark_nodes(ids, count, body->signal == 0 ? 0 : body->reason);
  if (!(body->scope & FLAG_scope_tree)) met = signal_one(ids, count, body->signal, &error);
  else if (keeper.live > 0 || may_have_kin() || have_orphans()) met = signal_marked(all, body->signal, body->scope & FLAG_scope_wake);
  for (u32 at = 0; at < count; at++) {
    struct node *node = node_at(ids, at);
    if (node != NULL) node->marked = false;
  }
  struct msg_signalled answer = { .count = met, .error = error };
  report(MSG_signalled, request, &answer, sizeof answer, NULL, 0);
}

/* Marks the nodes of a list, and notes why those of them that run are to end. True when 0, which is all, is in the list. */
static bool mark_nodes(const u8 *ids, u32 count, u8 reason) {
  bool all = false;
  for (u32 at = 0; at < count; at++) {
    struct node *node = node_at(ids, at);
    u32 id;
    memcpy(&id, ids + at * 4, 4);
    all = all || id == 0;
    if (node == NULL) continue;
    node->marked = true;
    if (node->state == RUNNING && node->reason == 0) node->reason = reason;
  }
  for (struct node *node = next_node(NULL); all && node != NULL; node = next_node(node))
    if (node->state == RUNNING && node->reason == 0) node->reason = reason;
  return all;
}

static struct node *node_at(const u8 *ids, u32 at) {
  u32 id;
  memcpy(&id, ids + at * 4, 4);
  return find_node(BY_ID, id);
}

/* The processes of these nodes alone. An unreaped child of ours keeps its pid, so no other can be met. */
static u32 signal_one(const u8 *ids, u32 count, int signal, u32 *error) {
  u32 sent = 0;
  for (u32 at = 0; at < count; at++) {
    struct node *node = node_at(ids, at);
    if (node == NULL || node->state != RUNNING) continue;
    if (kill(node->pid, signal) == 0) sent++;
    else *error = (u32)errno;
  }
  return sent;
}

static u32 signal_marked(bool all, int signal, bool wake) {
  u32 met = 0;
  look();
  for (u32 at = 0; at < keeper.seen_count; at++) {
    struct seen *seen = &keeper.seen[at];
    bool meant = all || (seen->owner != NULL && seen->owner->marked);
    if (!is_ours(seen) || !meant || !is_alive(seen)) continue;
    met++;
    if (signal != 0) signal_seen(seen, signal);
    /* A stopped process acts on a signal only once it runs again. */
    if (wake) signal_seen(seen, SIGCONT);
  }
  return met;
}

bool ends_are_full(void) {
  for (int slot = 0; slot < ENDS_MAX; slot++)
    if (!keeper.ends[slot].active) return false;
  return true;
}

void begin_end(u32 request, const struct msg_end *body, const u8 *ids, u32 count) {
  u32 slot = 0;
  while (slot < ENDS_MAX && keeper.ends[slot].active) slot++;
  if (slot == ENDS_MAX) return; /* our own, while the daemon's orders end everything anyway */
  while (!reap() && keeper.reap_more) continue;
  u64 now = now_us();
  bool all = mark_nodes(ids, count, body->reason);
  for (u32 at = 0; at < count; at++) {
    struct node *node = node_at(ids, at);
    if (node == NULL) continue;
    node->marked = false;
    node->ends |= (u32)1 << slot;
  }
  keeper.ends[slot] = (struct end){ .active = true, .all = all, .request = request, .began_us = now };
  keeper.ends[slot].deadline_us = now + body->deadline_ms * 1000ull;
  if (all && keeper.state != STUCK) keeper.state = ENDING;
  keeper.pass_wait_us = PASS_FIRST_US;
  pass();
}

/* TERM to everything, then the grace that the service has, then the end. */
void end_politely(void) {
  if (keeper.state == ENDING || keeper.state == STUCK) return;
  keeper.state = ENDING;
  keeper.grace_until_us = now_us() + keeper.config.grace_ms * 1000ull;
  signal_marked(true, SIGTERM, true);
}

/* One round of all the orders at hand. */
void pass(void) {
  u32 victims[ENDS_MAX] = { 0 };
  bool any = false, all = false;
  keeper.pass_at_us = 0;
  for (int slot = 0; slot < ENDS_MAX; slot++) {
    any = any || keeper.ends[slot].active;
    all = all || (keeper.ends[slot].active && keeper.ends[slot].all);
  }
  if (!any) return;
  bool childless = reap();
  /* With nobody running, and nobody that is not a node, there is nobody to look for. */
  bool alone = childless || (!all && !is_running(~0u) && !have_orphans());
  if (!alone || (all && may_have_kin())) {
    if (all) kill_groups();
    freeze();
    kill_seen(victims);
  }
  bool stuck = true, left = false;
  for (u32 slot = 0; slot < ENDS_MAX; slot++) {
    if (!keeper.ends[slot].active) continue;
    settle_end(slot, childless, alone, victims[slot]);
    if (!keeper.ends[slot].active) continue;
    left = true;
    stuck = stuck && keeper.ends[slot].stuck;
  }
  if (!left) return;
  keeper.pass_at_us = now_us() + (stuck ? PASS_STUCK_US : keeper.pass_wait_us);
  keeper.pass_wait_us = keeper.pass_wait_us * 2 < PASS_LONGEST_US ? keeper.pass_wait_us * 2 : PASS_LONGEST_US;
}

static bool is_ours(const struct seen *seen) {
  return seen->below || seen->kin;
}

static bool is_alive(const struct seen *seen) {
  return seen->letter != 'Z' && seen->letter != 'X';
}

/* The orders that this process is to be ended by, a bit each. */
static u32 orders_on(const struct seen *seen) {
  u32 orders = 0;
  if (!is_ours(seen) || !is_alive(seen)) return 0;
  for (int slot = 0; slot < ENDS_MAX; slot++)
    if (keeper.ends[slot].active && keeper.ends[slot].all) orders |= (u32)1 << slot;
  return seen->owner != NULL ? orders | seen->owner->ends : orders;
}

/* Stops all that is to end, until a look finds nobody new: what is stopped cannot fork. */
static void freeze(void) {
  pid_t *stopped = NULL;
  u32 count = 0;
  for (int round = 0; round < FREEZE_ROUNDS; round++) {
    u32 met = 0, fresh = 0;
    stop_orphans();
    look();
    pid_t *now = malloc((keeper.seen_count + 1) * sizeof *now);
    if (now == NULL) break;
    for (u32 at = 0; at < keeper.seen_count; at++) {
      struct seen *seen = &keeper.seen[at];
      if (orders_on(seen) == 0) continue;
      bool known = count > 0 && bsearch(&seen->pid, stopped, count, sizeof *stopped, by_pid) != NULL;
      if (!known && seen->letter != 'T' && signal_seen(seen, SIGSTOP)) fresh++;
      now[met++] = seen->pid;
    }
    free(stopped);
    stopped = now;
    count = met;
    if (fresh == 0) break;
  }
  free(stopped);
}

/*
 * One that hops from fork to fork is gone before a look that takes longer than a hop, as on a host of thousands of processes. But
 * with each hop it becomes our child, and those are read at once. It is stopped, not killed: what it has forked is then found below it.
 */
static void stop_orphans(void) {
  u32 fresh = 1;
  for (int round = 0; fresh > 0 && round < CHASE_ROUNDS && read_children(); round++) {
    fresh = 0;
    for (u32 at = 0; at < keeper.children.count; at++) {
      struct seen seen;
      struct node *node = find_node(BY_PID, (u64)keeper.children.list[at]);
      if ((node != NULL && node->state == RUNNING) || !read_stat(keeper.children.list[at], &seen)) continue;
      if (seen.letter == 'T' || !is_alive(&seen)) continue;
      seen.below = true;
      seen.owner = owner_of_stray(&seen);
      fresh += orders_on(&seen) != 0 && signal_seen(&seen, SIGSTOP);
    }
  }
}

/* The newest first: a parent is stopped and cannot make another in the place of a killed child. */
static void kill_seen(u32 *victims) {
  bool can_limit = geteuid() != 0;
  qsort(keeper.seen, keeper.seen_count, sizeof *keeper.seen, by_age);
  for (u32 at = 0; at < keeper.seen_count; at++) {
    struct seen *seen = &keeper.seen[at];
    u32 orders = orders_on(seen);
    if (orders == 0) continue;
    struct rlimit none = { 0, 0 };
    /* One that hops from fork to fork always comes to us, and now hops no more. For root this limit does not hold. */
    if (can_limit && seen->parent == keeper.pid) prlimit(seen->pid, RLIMIT_NPROC, &none, NULL);
    bool sent = signal_seen(seen, SIGKILL);
    for (u32 slot = 0; slot < ENDS_MAX; slot++) {
      if (!(orders & (u32)1 << slot)) continue;
      victims[slot]++;
      keeper.ends[slot].killed += sent;
    }
  }
}

static void settle_end(u32 slot, bool childless, bool alone, u32 victims) {
  struct end *end = &keeper.ends[slot];
  end->passes++;
  bool clean = victims == 0 && !is_running((u32)1 << slot) && (alone || keeper.unsure == 0);
  end->clean = clean ? end->clean + 1 : 0;
  bool looked = end->clean >= CLEAN_LOOKS;
  /* Of our descendants the kernel knows, of our kin only looks do. */
  if (end->all ? childless && (looked || !may_have_kin()) : childless || looked || (clean && alone)) finish(slot);
  else if (!end->stuck && now_us() >= end->deadline_us) {
    report_end(slot, true);
    end->stuck = true;
    if (end->all) keeper.state = STUCK;
  }
}

static bool is_running(u32 order) {
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node))
    if ((node->ends & order) && node->state == RUNNING) return true;
  return false;
}

static void finish(u32 slot) {
  if (!keeper.ends[slot].stuck) report_end(slot, false);
  keeper.ends[slot].active = false;
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node)) node->ends &= ~((u32)1 << slot);
}

/* Names the pids of what should have ended and has not: zombies too, which a tracer keeps us from reaping. */
static void report_end(u32 slot, bool stuck) {
  struct end *end = &keeper.ends[slot];
  u32 pids[STUCK_NAMED], named = 0;
  struct msg_ended answer = {
    .us = now_us() - end->began_us, .passes = end->passes, .killed = end->killed, .stuck = stuck,
  };
  for (u32 at = 0; stuck && at < keeper.seen_count && named < STUCK_NAMED; at++) {
    struct seen *seen = &keeper.seen[at];
    bool meant = end->all || (seen->owner != NULL && seen->owner->ends & (u32)1 << slot);
    if (is_ours(seen) && meant) pids[named++] = (u32)seen->pid;
  }
  tell_exits();
  if (end->request != 0) report(MSG_ended, end->request, &answer, sizeof answer, pids, named * 4);
}

static int by_age(const void *a, const void *b) {
  const struct seen *left = a, *right = b;
  if (left->ticks != right->ticks) return left->ticks < right->ticks ? 1 : -1;
  return (left->pid < right->pid) - (left->pid > right->pid);
}
