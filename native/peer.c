/* Who is at the other end of a socket, by the kernel's word, and the way up from it through its parents. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include "keeper.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Who connected: its pid, held by a pidfd where the kernel gives one (Linux 6.5), and its start ticks. */
enum acquaintance meet_peer(int fd, struct peer *peer) {
  struct ucred who;
  socklen_t size = sizeof who, fd_size = sizeof peer->pidfd;
  struct seen seen;
  *peer = (struct peer){ .pidfd = -1 };
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.pid <= 0) return PEER_ELSEWHERE;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &peer->pidfd, &fd_size) < 0) {
    peer->pidfd = -1;
    /* The kernel has pidfds and gives none: the process has been reaped. */
    if (errno == ESRCH || errno == EINVAL || errno == ENODATA) return PEER_DIED;
  }
  peer->pid = who.pid;
  peer->uid = who.uid;
  if (!read_stat(peer->pid, &seen)) return PEER_DIED;
  peer->ticks = seen.ticks;
  return has_died(peer) ? PEER_DIED : PEER_LIVES;
}

/* True when the process that connected is no more, whoever bears its pid now. */
bool has_died(const struct peer *peer) {
  struct pollfd alive = { .fd = peer->pidfd, .events = POLLIN };
  struct seen seen;
  if (peer->pidfd >= 0 && poll(&alive, 1, 0) != 0) return true;
  return !read_stat(peer->pid, &seen) || seen.ticks != peer->ticks || seen.letter == 'Z' || seen.letter == 'X';
}

/*
 * Visits the process and its ancestors until `visit` says true. A parent is older than its child, and the child still has it
 * after the look at the parent: otherwise the pid belongs to somebody else by now. A child that lost its parent under our
 * eyes is visited again.
 */
enum way climb(const struct peer *peer, bool (*visit)(const struct seen *at, u32 hops, void *with), void *with) {
  struct seen child, parent, again;
  if (!read_stat(peer->pid, &child) || child.ticks != peer->ticks) return WAY_LOST;
  for (u32 hops = 0, tries = 0; hops < HOPS_MAX && tries < 2 * HOPS_MAX; tries++) {
    if (visit(&child, hops, with)) return WAY_FOUND;
    if (child.parent <= 1) return WAY_TOP;
    bool seen = read_stat(child.parent, &parent);
    if (!read_stat(child.pid, &again) || again.ticks != child.ticks) return WAY_LOST;
    if (again.parent != child.parent || (seen && parent.ticks > child.ticks)) {
      child = again;
      continue;
    }
    /* It is there and /proc hides it (hidepid): another user's, and so are all above it that we cannot see. */
    if (!seen) return WAY_TOP;
    child = parent;
    hops++;
  }
  return WAY_LOST;
}
