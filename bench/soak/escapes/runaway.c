/*
 * Gets away from whoever started it: `runaway WAY GUARD`. Says `away`, or `cannot` where the host does not allow that way,
 * once everything that it leaves behind is there. All of it ignores what can be ignored, and ends by itself when the file
 * GUARD is gone, should nobody have ended it.
 */

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DAEMONS = 200, HOP_MS = 2 };

static const char *guard;
static int said[2];

static void stay(void);
static void wait_ms(int ms);

static void die(const char *what) {
  perror(what);
  _exit(2);
}

static pid_t fork_or_die(void) {
  pid_t pid = fork();
  if (pid < 0) die("fork");
  return pid;
}

/* What was left behind says that it is there: a byte each. */
static void arrived(char how) {
  if (write(said[1], &how, 1) != 1) die("write");
}

static void settle(void) {
  arrived('.');
  stay();
}

static void orphan(void) {
  if (fork_or_die() == 0) settle();
}

static void session(void) {
  if (fork_or_die() > 0) return;
  if (setsid() < 0) die("setsid");
  settle();
}

static void twice(void) {
  if (fork_or_die() > 0) return;
  if (setsid() < 0) die("setsid");
  if (fork_or_die() > 0) _exit(0);
  settle();
}

static void daemon_of_its_own(void) {
  if (fork_or_die() > 0) return;
  if (setsid() < 0) die("setsid");
  if (fork_or_die() > 0) _exit(0);
  arrived('.');
  if (chdir("/") < 0) die("chdir");
  close_range(0, ~0u, 0);
  stay();
}

static void hop(void) {
  if (fork_or_die() > 0) return;
  arrived('.');
  for (;;) {
    wait_ms(HOP_MS);
    if (access(guard, F_OK) < 0) _exit(0);
    /* Refused by a limit on processes, it has come to its end. */
    pid_t next = fork();
    if (next != 0) _exit(0);
    setsid();
  }
}

static void reaper(void) {
  if (fork_or_die() > 0) return;
  if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) die("prctl");
  if (fork_or_die() == 0) {
    if (setsid() < 0) die("setsid");
    if (fork_or_die() > 0) _exit(0);
    settle();
  }
  stay();
}

static void namespace(void) {
  if (fork_or_die() > 0) return;
  if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0) {
    arrived('!');
    stay();
  }
  if (fork_or_die() > 0) stay();
  if (setsid() < 0) die("setsid");
  if (fork_or_die() > 0) stay();
  settle();
}

/* Into the topmost cgroup of every hierarchy that lets us. */
static void cgroup(void) {
  if (fork_or_die() > 0) return;
  bool left = false;
  DIR *folder = opendir("/sys/fs/cgroup");
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    char path[512];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s/cgroup.procs", entry->d_name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) continue;
    left = dprintf(fd, "0\n") > 0 || left;
    close(fd);
  }
  if (folder != NULL) closedir(folder);
  arrived(left ? '.' : '!');
  setsid();
  stay();
}

static void bomb(void) {
  for (int count = 0; count < DAEMONS; count++) twice();
}

/* Another group whenever one looks. */
static void groups(void) {
  if (fork_or_die() > 0) return;
  arrived('.');
  while (access(guard, F_OK) == 0) {
    pid_t friend = fork();
    if (friend < 0) _exit(0);
    if (friend == 0) {
      setpgid(0, 0);
      wait_ms(2);
      _exit(0);
    }
    setpgid(friend, friend);
    setpgid(0, friend);
    wait_ms(1);
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    setpgid(0, 0);
  }
  _exit(0);
}

static const struct { const char *name; void (*go)(void); int count; bool leader_ends; } ways[] = {
  { "orphan", orphan, 1, true },      { "session", session, 1, false },   { "double-fork", twice, 1, false },
  { "daemon", daemon_of_its_own, 1, true }, { "deaf", orphan, 1, false }, { "hopper", hop, 1, false },
  { "subreaper", reaper, 1, false },  { "namespace", namespace, 1, false }, { "cgroup", cgroup, 1, true },
  { "bomb", bomb, DAEMONS, true },    { "groups", groups, 1, true },
};

int main(int argc, char **argv) {
  size_t way = 0, count = sizeof ways / sizeof *ways;
  while (argc == 3 && way < count && strcmp(ways[way].name, argv[1]) != 0) way++;
  if (argc != 3 || way == count) {
    fputs("usage: runaway WAY GUARD\n", stderr);
    return 2;
  }
  guard = argv[2];
  for (int signal = 1; signal < NSIG; signal++)
    if (signal != SIGCHLD) (void)sigaction(signal, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
  if (pipe2(said, O_CLOEXEC) < 0) die("pipe");
  ways[way].go();
  bool can = true;
  for (int heard = 0; heard < ways[way].count; heard++) {
    char how;
    if (read(said[0], &how, 1) != 1) die("read");
    can = can && how == '.';
  }
  puts(can ? "away" : "cannot");
  fflush(stdout);
  if (!ways[way].leader_ends) stay();
}

static void stay(void) {
  while (access(guard, F_OK) == 0) wait_ms(50);
  _exit(0);
}

static void wait_ms(int ms) {
  struct timespec time = { .tv_nsec = ms * 1000000l };
  nanosleep(&time, NULL);
}
