/* Times to live while no daemon is there to watch them: TERM to the node and all below it, the grace, then the end. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "keeper.h"

static u32 gather_expired(u8 **ids);

/* The next time to live that is over. Nothing is spawned while we are alone, so it is looked for once and after each. */
void watch_lives(void) {
  keeper.ttl_at_us = 0;
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node))
    if (node->state == RUNNING && !node->expired) keeper.ttl_at_us = earliest(keeper.ttl_at_us, node->ttl_at_us);
}

void end_expired(void) {
  u64 now = now_us();
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node))
    if (node->state == RUNNING && node->ttl_at_us && now >= node->ttl_at_us) node->expired = true;
  u8 *ids;
  u32 count = gather_expired(&ids);
  struct msg_signal term = { .signal = SIGTERM, .scope = FLAG_scope_tree | FLAG_scope_wake, .reason = FLAG_reason_ttl };
  if (count > 0) signal_nodes(0, &term, ids, count);
  free(ids);
  /* Whoever has been waiting longer waits for this one too: a grace is a least time. */
  keeper.expired_at_us = now + keeper.config.grace_ms * 1000ull;
  watch_lives();
}

void kill_expired(void) {
  u8 *ids;
  u32 count = gather_expired(&ids);
  struct msg_end end = { .deadline_ms = END_WAIT_MS, .reason = FLAG_reason_ttl };
  keeper.expired_at_us = 0;
  if (count > 0) begin_end(0, &end, ids, count);
  free(ids);
}

/* The ids of those that have expired and of all nodes below them, ended ones too: forks of theirs may live. */
static u32 gather_expired(u8 **ids) {
  u32 count = 0;
  bool more = true;
  for (int level = 0; more && level < LEVELS_MAX; level++) {
    more = false;
    for (struct node *node = next_node(NULL); node != NULL; node = next_node(node)) {
      struct node *above = node->expired || node->parent_id == 0 ? NULL : find_node(BY_ID, node->parent_id);
      if (above == NULL || !above->expired) continue;
      node->expired = more = true;
    }
  }
  *ids = malloc(keeper.index[BY_ID].count * sizeof(u32) + 1);
  if (*ids == NULL) return 0;
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node))
    if (node->expired) memcpy(*ids + 4 * count++, &node->id, 4);
  return count;
}
