/* Becoming a keeper: `espalier-keeper DIRECTORY ABANDON_MS GRACE_MS keep|stop stay|vanish [CGROUP_PROCS ...]`; and leaving nothing behind. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "keeper.h"

static void read_arguments(int argc, char **argv);
static void leave_terminal(void);
static void detach_descriptors(void);
static void raise_limits(void);
static void take_lock(void);
static void learn_identity(void);
static void outlast_children(void);
static void watch(int fd);
static u32 number(const char *text);

void boot(int argc, char **argv) {
  keeper.link.fd = keeper.greeting.fd = keeper.segments[0].fd = keeper.segments[1].fd = -1;
  keeper.log.folder_fd = keeper.log.file_fd = -1;
  read_arguments(argc, argv);
  detach_descriptors();
  leave_terminal();
  raise_limits();
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) die("cannot become the reaper of orphans");
  if (chdir(keeper.directory) < 0) die("cannot enter the directory of the service");
  keeper.real_directory = realpath(".", NULL);
  learn_identity();
  open_groups(argv + 6, argc - 6);
  take_lock();
  open_journal();
  keeper.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (keeper.epoll_fd < 0) die("epoll_create");
  open_door();
  open_ear();
  watch(keeper.signal_fd);
  watch(keeper.listen_fd);
  watch(keeper.ear_fd);
  /* The next free one, and as many more as are left free: short lists are quick to copy. */
  int next = fcntl(0, F_DUPFD_CLOEXEC, 3);
  if (next < 0) die("dup");
  close(next);
  keeper.kept_below = next + FREE_BELOW;
  keeper.alone_since_us = now_us();
  keeper.state = ALONE;
  dprintf(keeper.ready_fd, "ready %d %llu\n", keeper.pid, (unsigned long long)keeper.ticks);
  close(keeper.ready_fd);
  keeper.ready_fd = -1;
}

static void read_arguments(int argc, char **argv) {
  if (argc < 6 || argc > 6 + CGROUPS_MAX) {
    fputs("usage: espalier-keeper DIRECTORY ABANDON_MS GRACE_MS keep|stop stay|vanish [CGROUP_PROCS ...]\n", stderr);
    exit(2);
  }
  keeper.directory = argv[1];
  keeper.config.abandon_ms = number(argv[2]);
  keeper.config.grace_ms = number(argv[3]);
  keeper.config.keep = strcmp(argv[4], "keep") == 0;
  keeper.ephemeral = strcmp(argv[5], "vanish") == 0;
}

/* Standard output, which says `ready`, moves out of the way; 0 to 2 become /dev/null, all else is closed. */
static void detach_descriptors(void) {
  if (close_range(3, ~0u, 0) < 0) {
    /* Before Linux 5.9. What was inherited would leak into every child. */
    for (int fd = 3; fd < 1024; fd++) close(fd);
  }
  keeper.ready_fd = fcntl(1, F_DUPFD_CLOEXEC, 3);
  if (keeper.ready_fd < 0) exit(2);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) die("/dev/null");
  for (int fd = 0; fd < 3; fd++)
    if (dup2(null, fd) < 0) die("dup2");
  close(null);
}

/* A session of our own, so that Ctrl-C, Ctrl-Z and a hang-up reach the daemon alone; signals become bytes to read. */
static void leave_terminal(void) {
  sigset_t all;
  /* Fails for the leader of a group, which is then leader of its session already: it was started detached. */
  if (setsid() < 0 && getsid(0) != getpid()) die("setsid");
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction plain = { .sa_handler = SIG_DFL };
    /* KILL, STOP and two of the C library's own cannot be set. */
    sigaction(signal, &plain, NULL);
  }
  sigfillset(&all);
  if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) die("sigprocmask");
  keeper.signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (keeper.signal_fd < 0) die("signalfd");
  keeper.umask = umask(077);
}

/* Each child may take three descriptors here. It gets the limit that we were given. */
static void raise_limits(void) {
  if (getrlimit(RLIMIT_NOFILE, &keeper.files) < 0) die("getrlimit");
  struct rlimit more = { .rlim_cur = keeper.files.rlim_max, .rlim_max = keeper.files.rlim_max };
  /* Without it a spawn fails sooner, at `pipe`, and says so. */
  setrlimit(RLIMIT_NOFILE, &more);
}

static void learn_identity(void) {
  struct seen self;
  keeper.pid = getpid();
  keeper.ticks_per_second = (u64)sysconf(_SC_CLK_TCK);
  keeper.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (keeper.proc_fd < 0 || !read_stat(keeper.pid, &self)) die("/proc cannot be read");
  keeper.ticks = self.ticks;
  int fd = openat(keeper.proc_fd, "sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t bytes = fd < 0 ? -1 : read(fd, keeper.boot_id, 36);
  if (bytes != 36) die("boot_id");
  close(fd);
  outlast_children();
}

/*
 * When memory runs out our children go before us: nobody else knows whose they are. Where we may become less to be killed, by enough,
 * they are as they would be without us; elsewhere they are more so than we.
 */
static void outlast_children(void) {
  char score[8] = "";
  /* The first needs CAP_SYS_RESOURCE, the second somebody without it who made us more to be killed. */
  const char *lower[] = { OOM_KEEPER, "0" };
  int fd = openat(keeper.proc_fd, "self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (fd < 0) return; /* our children then are as we are */
  if (read(fd, score, sizeof score - 1) > 0) {
    int root = atoi(score), ours = root;
    for (int at = 0; at < 2 && ours == root; at++)
      if (atoi(lower[at]) < root && write(fd, lower[at], strlen(lower[at])) > 0) ours = atoi(lower[at]);
    if (root < ours + OOM_STEP) root = ours + OOM_STEP;
    int below = root + OOM_STEP_BELOW;
    snprintf(keeper.oom_score, sizeof keeper.oom_score, "%d", root > 1000 ? 1000 : root);
    snprintf(keeper.oom_score_below, sizeof keeper.oom_score_below, "%d", below > 1000 ? 1000 : below);
  }
  close(fd);
}

/* Held for as long as we live: neither a socket nor an entry of /proc would prove that. */
static void take_lock(void) {
  keeper.lock_fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (keeper.lock_fd < 0) die("cannot open the lock");
  if (flock(keeper.lock_fd, LOCK_EX | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK) {
      dprintf(keeper.ready_fd, "held\n");
      exit(3);
    }
    die("flock");
  }
  struct stat lock;
  if (fstat(keeper.lock_fd, &lock) < 0) die("fstat");
  keeper.followed = lock.st_size > 0;
  if (keeper.followed) keeper.kin_at_us = now_us();
  if (ftruncate(keeper.lock_fd, 0) < 0) die("ftruncate");
  if (dprintf(keeper.lock_fd, "%d %llu %u\n", keeper.pid, (unsigned long long)keeper.ticks, WIRE_VERSION) < 0) die("cannot write the lock");
}

static void watch(int fd) {
  struct epoll_event event = { .events = EPOLLIN, .data.u64 = (u64)fd };
  if (epoll_ctl(keeper.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static u32 number(const char *text) {
  char *end;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (errno != 0 || *text == '\0' || *end != '\0' || value > UINT_MAX) {
    fprintf(stderr, "espalier-keeper: '%s' is no number of milliseconds\n", text);
    exit(2);
  }
  return (u32)value;
}

/* The exits that nobody has stored, and the trace to strays, stay for the daemon to come, unless nobody will know where to look. */
_Noreturn void leave(void) {
  finish_logs();
  bool deserting = strays_live(), stored = keeper.acked == keeper.seq && !deserting;
  unlink("link.sock");
  drop_ear();
  if (stored || keeper.ephemeral) {
    unlink("exits.0");
    unlink("exits.1");
    unlink("lock");
    rmdir(keeper.directory);
    if (keeper.ephemeral && keeper.link.fd < 0) {
      /* Whoever made the folder above is gone; it goes with the last of its keepers. */
      char *slash = strrchr(keeper.directory, '/');
      if (slash != NULL && slash != keeper.directory) {
        *slash = '\0';
        rmdir(keeper.directory);
      }
    }
  } else if (!deserting && ftruncate(keeper.lock_fd, 0) < 0) {
    /* The next keeper here then looks for whom a killed one would have left, and finds nobody. */
  }
  leave_groups();
  /* Only now may the daemon see the link close: what it looks for then is gone. */
  close_link(&keeper.link);
  exit(0);
}
