/*
 * Processes of keepers before us, which were killed: not our children, so we do not reap them. The daemon tells who they
 * are; they may ask on our socket, and while one of them lives the journal stays, by whose generation they are found.
 */

#include <stdlib.h>
#include <string.h>
#include "keeper.h"

/* At most as many as a frame holds. Without memory for them they have no voice. */
void take(const u8 *strays, u32 count) {
  free(keeper.strays);
  keeper.stray_count = 0;
  keeper.strays = count == 0 ? NULL : malloc(count * sizeof *keeper.strays);
  if (keeper.strays == NULL) return;
  memcpy(keeper.strays, strays, count * sizeof *keeper.strays);
  keeper.stray_count = count;
  for (u32 at = 0; at < count; at++) know_kin((pid_t)keeper.strays[at].pid, keeper.strays[at].ticks);
}

bool is_stray(pid_t pid, u64 ticks) {
  for (u32 at = 0; at < keeper.stray_count; at++)
    if (keeper.strays[at].pid == (u32)pid && keeper.strays[at].ticks == ticks) return true;
  return false;
}

bool strays_live(void) {
  struct seen seen;
  for (u32 at = 0; at < keeper.stray_count; at++)
    if (read_stat((pid_t)keeper.strays[at].pid, &seen) && seen.ticks == keeper.strays[at].ticks && seen.letter != 'Z') return true;
  return false;
}
