/* Starting a process: what it gets is prepared here, the rest is done by itself between its start and exec. */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/close_range.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "keeper.h"

enum { TTL_MS_MAX = 2000000000 }; /* 23 days: no keeper is alone for longer without being asked about */

/* What the child needs, and what it says when it fails: it runs in our memory until exec. */
struct plan {
  const struct msg_spawn *body;
  const char *groups, *limits; /* unaligned lists as they came */
  char *directory;
  char **arguments;            /* with a free place before the first, for the shell */
  char **variables;
  u8 *word;
  char *files[3], *labels[3];  /* of those that are files, and those that are logged */
  int theirs[3], ours[3];
  char mark[64];
  char path[4096 + 256];
  u8 step;
  int error;
};

static bool read_plan(struct plan *plan, u8 *tail, u32 bytes);
static bool read_texts(struct plan *plan, char *at, char *end);
static bool open_stdio(struct plan *plan);
static bool open_pipe(struct plan *plan, int which);
static void close_all(const int *fds);
static pid_t start(struct plan *plan, int *pidfd);
static bool part_descriptors(const struct plan *plan);
static int become(void *given);
static void volunteer(bool is_root);
static void execute(struct plan *plan);
static void look_after(struct node *node, int which, const char *label);
static void refuse(u32 id, u8 step, int error);

/* Texts that did not fit into the frame of their spawn come before it. */
void keep_text(const u8 *bytes, u32 count) {
  /* realloc to nothing would free what we hold. */
  if (count == 0) return;
  if (keeper.text_lost || keeper.text_bytes + count > TEXT_BYTES_MAX) {
    keeper.text_lost = true;
    return;
  }
  u8 *wider = realloc(keeper.text, keeper.text_bytes + count);
  if (wider == NULL) {
    keeper.text_lost = true;
    return;
  }
  memcpy(wider + keeper.text_bytes, bytes, count);
  keeper.text = wider;
  keeper.text_bytes += count;
}

void drop_text(void) {
  free(keeper.text);
  keeper.text = NULL;
  keeper.text_bytes = 0;
  keeper.text_lost = false;
}

void spawn(u32 id, const struct msg_spawn *body, const u8 *tail, u32 bytes) {
  struct plan plan = { .body = body, .theirs = { -1, -1, -1 }, .ours = { -1, -1, -1 } };
  pid_t pid = -1;
  int pidfd = -1;
  keep_text(tail, bytes);
  /* Ids only rise, and a key is one spawn: what is known was started already. */
  if (id <= keeper.last_id || find_node(BY_KEY, body->key) != NULL) plan.step = STEP_known, plan.error = EEXIST;
  else if (keeper.state == ENDING || keeper.state == STUCK) plan.step = STEP_ending, plan.error = ECANCELED;
  else if (keeper.index[BY_ID].count >= NODES_MAX) plan.step = STEP_room, plan.error = EAGAIN;
  else if (keeper.text_lost) plan.step = STEP_text, plan.error = E2BIG;
  else {
    keeper.last_id = id;
    snprintf(plan.mark, sizeof plan.mark, "ESPALIER_NODE=%llu.%u", (unsigned long long)keeper.generation, id);
    if (read_plan(&plan, keeper.text, keeper.text_bytes) && open_stdio(&plan)) pid = start(&plan, &pidfd);
  }
  close_all(plan.theirs);
  struct node *node = NULL;
  if (pid > 0) {
    struct seen self;
    struct node fresh = { .key = body->key, .id = id, .parent_id = body->parent_id, .pid = pid, .pidfd = pidfd, .started_ms = wall_ms() };
    memcpy(fresh.fd, plan.ours, sizeof fresh.fd);
    if (body->ttl_ms > 0) fresh.ttl_at_us = now_us() + (body->ttl_ms < TTL_MS_MAX ? body->ttl_ms : TTL_MS_MAX) * 1000;
    fresh.word = plan.word;
    fresh.word_bytes = body->word_bytes;
    /* Not reaped yet, so it is there to read. */
    if (read_stat(pid, &self)) fresh.ticks = self.ticks;
    node = add_node(&fresh);
    if (node != NULL) {
      plan.word = NULL;
      for (int which = 1; which < 3; which++) look_after(node, which, plan.labels[which]);
      struct epoll_event event = { .events = EPOLLIN, .data.u64 = (u64)NODE_EVENT << 32 | id };
      /* Not watched, it is reaped with the next look at all children. */
      if (pidfd >= 0) epoll_ctl(keeper.epoll_fd, EPOLL_CTL_ADD, pidfd, &event);
    } else {
      kill(pid, SIGKILL);
      if (pidfd >= 0) close(pidfd);
      plan.step = STEP_room, plan.error = ENOMEM;
    }
  }
  free(plan.arguments);
  free(plan.variables);
  free(plan.word);
  drop_text();
  if (node == NULL) {
    close_all(plan.ours);
    refuse(id, plan.step, plan.error);
    return;
  }
  keeper.live++;
  struct msg_started started = describe_node(node);
  report(MSG_started, id, &started, sizeof started, NULL, 0);
}

/* Without memory to note it a pipe cannot be looked after; its writer will find nobody behind it. */
static void look_after(struct node *node, int which, const char *label) {
  int fd = node->fd[which];
  if (fd < 0) return;
  if (label != NULL) node->log[which - 1] = (struct logged){ .fd = fd, .serial = log_stream(fd, node->pid, which, label) };
  bool noted = label != NULL ? node->log[which - 1].serial != 0 : add_stream(fd, NULL);
  if (!noted) close(fd);
  /* What is logged is no business of the daemon's. */
  if (!noted || label != NULL) node->fd[which] = -1;
}

static void refuse(u32 id, u8 step, int error) {
  struct msg_failed failed = { .error = (u32)error, .step = step };
  report(MSG_failed, id, &failed, sizeof failed, NULL, 0);
}

/* Takes the tail apart: groups, limits, then texts: directory, arguments, variables, a path for each file of stdio or what a log calls it; the word. */
static bool read_plan(struct plan *plan, u8 *tail, u32 bytes) {
  const struct msg_spawn *body = plan->body;
  u64 lists = body->group_count * 4ull + body->limit_count * sizeof(struct resource_limit);
  bool fits = body->group_count <= GROUPS_MAX && body->limit_count <= LIMITS_MAX &&
    body->word_bytes <= WORD_BYTES_MAX && lists + body->word_bytes < bytes &&
    body->argument_count > 0 && body->argument_count <= ARGUMENTS_MAX && body->variable_count <= ARGUMENTS_MAX &&
    body->stdin_kind <= FLAG_stdio_file && body->stdout_kind <= FLAG_stdio_log && body->stderr_kind <= FLAG_stdio_log;
  if (fits) {
    plan->groups = (char *)tail;
    plan->limits = plan->groups + body->group_count * 4;
    plan->arguments = calloc(body->argument_count + 2, sizeof(char *));
    plan->variables = calloc(body->variable_count + 2, sizeof(char *));
    plan->word = malloc(body->word_bytes + 1);
    if (plan->arguments == NULL || plan->variables == NULL || plan->word == NULL) {
      plan->step = STEP_text, plan->error = ENOMEM;
      return false;
    }
    u8 *word = tail + bytes - body->word_bytes;
    memcpy(plan->word, word, body->word_bytes);
    fits = read_texts(plan, (char *)tail + lists, (char *)word);
  }
  if (!fits) plan->step = STEP_text, plan->error = EINVAL;
  return fits;
}

static bool read_texts(struct plan *plan, char *at, char *end) {
  const struct msg_spawn *body = plan->body;
  const u8 kinds[3] = { body->stdin_kind, body->stdout_kind, body->stderr_kind };
  if (at >= end || end[-1] != '\0') return false;
  u32 argument = 1, variable = 0;
  plan->directory = at;
  at += strlen(at) + 1;
  for (; argument <= body->argument_count && at < end; at += strlen(at) + 1) plan->arguments[argument++] = at;
  plan->variables[variable++] = plan->mark;
  for (u32 given = 0; given < body->variable_count; given++, at += strlen(at) + 1) {
    if (at >= end) return false;
    if (strncmp(at, "ESPALIER_NODE=", 14) != 0) plan->variables[variable++] = at;
  }
  for (int which = 0; which < 3; which++) {
    if (kinds[which] != FLAG_stdio_file && kinds[which] != FLAG_stdio_log) continue;
    if (at >= end) return false;
    *(kinds[which] == FLAG_stdio_log ? &plan->labels[which] : &plan->files[which]) = at;
    at += strlen(at) + 1;
  }
  return argument == body->argument_count + 1 && at == end && *plan->arguments[1] != '\0';
}

static bool open_stdio(struct plan *plan) {
  const u8 kinds[3] = { plan->body->stdin_kind, plan->body->stdout_kind, plan->body->stderr_kind };
  for (int which = 0; which < 3; which++) {
    if (kinds[which] == FLAG_stdio_log && !may_log(plan->labels[which])) {
      plan->step = STEP_log, plan->error = EINVAL;
      return false;
    }
    bool piped = kinds[which] == FLAG_stdio_pipe || kinds[which] == FLAG_stdio_log;
    if (piped && !open_pipe(plan, which)) return false;
    if (kinds[which] != FLAG_stdio_file) continue;
    int how = which == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND;
    plan->theirs[which] = open(plan->files[which], how | O_CLOEXEC | O_NOCTTY, 0600);
    if (plan->theirs[which] < 0) {
      plan->step = STEP_file, plan->error = errno;
      return false;
    }
  }
  return true;
}

static bool open_pipe(struct plan *plan, int which) {
  int ends[2];
  bool written = which > 0; /* by the child */
  plan->step = STEP_pipe;
  if (pipe2(ends, O_CLOEXEC) < 0) {
    plan->error = errno;
    return false;
  }
  plan->ours[which] = lift(ends[!written]);
  plan->theirs[which] = ends[written];
  if (written) {
    char path[32];
    snprintf(path, sizeof path, "self/fd/%d", ends[1]);
    /* Open for reading too, it is never a pipe without a reader: whatever becomes of us, no write is answered by SIGPIPE. */
    int both = openat(keeper.proc_fd, path, O_RDWR | O_CLOEXEC);
    if (both >= 0) {
      close(ends[1]);
      plan->theirs[which] = both;
    }
    fcntl(plan->ours[which], F_SETFL, O_NONBLOCK);
  }
  /* Another user could not open /dev/stdout again; that this cannot be given is no reason not to start. */
  if ((plan->body->flags & FLAG_spawn_user) && fchown(plan->theirs[which], plan->body->uid, plan->body->gid) < 0) return true;
  return true;
}

static void close_all(const int *fds) {
  for (int which = 0; which < 3; which++)
    if (fds[which] >= 0) close(fds[which]);
}

/*
 * The child borrows our memory and has a stack of its own, as in posix_spawn: we go on when it has executed or ended.
 * Nothing is copied however large we are, and it says by `plan` what failed.
 */
static pid_t start(struct plan *plan, int *pidfd) {
  plan->step = STEP_clone;
#ifdef FOR_VALGRIND
  int how = CLONE_VM | CLONE_VFORK | SIGCHLD; /* it knows no other; without a pidfd the looks at all children find who has ended */
#else
  int how = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | SIGCHLD;
#endif
  pid_t pid = clone(become, keeper.stack + STACK_BYTES, how, plan, pidfd);
  if (pid < 0) {
    plan->error = errno;
    return -1;
  }
  *pidfd = lift(*pidfd);
  if (plan->body->flags & FLAG_spawn_user) {
    /* A change of user in our memory made us unreadable, so that nobody reads what the child may not see; it is gone now. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  }
  if (plan->error == 0) return pid;
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  close(*pidfd);
  return -1;
}

/*
 * In the child: a table of descriptors of its own, of those alone that it needs until exec. A whole copy, all of which exec had to
 * close, would cost more with each process that we keep.
 */
static bool part_descriptors(const struct plan *plan) {
  int above = keeper.kept_below;
  for (int which = 0; which < 3; which++)
    if (plan->theirs[which] >= above) above = plan->theirs[which] + 1;
  return close_range((unsigned)above, ~0u, CLOSE_RANGE_UNSHARE) == 0 || unshare(CLONE_FILES) == 0;
}

/* In the child. Only system calls, and those raw which the C library would carry to other threads. */
static int become(void *given) {
  struct plan *plan = given;
  const struct msg_spawn *body = plan->body;
  sigset_t none;
  plan->step = STEP_session;
  if ((body->flags & FLAG_spawn_session ? setsid() : setpgid(0, 0)) < 0) goto failed;
  plan->step = STEP_stdio;
  if (!part_descriptors(plan)) goto failed;
  volunteer(body->parent_id == 0);
  for (int fd = 0; fd < 3; fd++)
    if (plan->theirs[fd] >= 0 && dup2(plan->theirs[fd], fd) < 0) goto failed;
  plan->step = STEP_limits;
  if (!join_groups()) goto failed;
  if (setrlimit(RLIMIT_NOFILE, &keeper.files) < 0) goto failed;
  for (u32 at = 0; at < body->limit_count; at++) {
    struct resource_limit limit;
    memcpy(&limit, plan->limits + at * sizeof limit, sizeof limit);
    struct rlimit both = { .rlim_cur = limit.soft, .rlim_max = limit.hard };
    if (setrlimit(limit.resource, &both) < 0) goto failed;
  }
  plan->step = STEP_nice;
  if ((body->flags & FLAG_spawn_nice) && setpriority(PRIO_PROCESS, 0, (int)body->nice) < 0) goto failed;
  plan->step = STEP_user;
  if (body->flags & FLAG_spawn_user) {
    if (syscall(SYS_setgroups, (size_t)body->group_count, plan->groups) < 0) goto failed;
    if (syscall(SYS_setresgid, body->gid, body->gid, body->gid) < 0) goto failed;
    if (syscall(SYS_setresuid, body->uid, body->uid, body->uid) < 0) goto failed;
  }
  plan->step = STEP_privileges;
  if ((body->flags & FLAG_spawn_no_new_privileges) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) goto failed;
  plan->step = STEP_chdir;
  umask(keeper.umask);
  if (chdir(plan->directory) < 0) goto failed;
  plan->step = STEP_exec;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) < 0) goto failed;
  execute(plan);
failed:
  plan->error = errno;
  _exit(127);
}

/* When memory runs out the child goes before its keeper, and before the root that it hangs below. That this cannot be said is no reason not to start. */
static void volunteer(bool is_root) {
  int fd = openat(keeper.proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  const char *score = is_root ? keeper.oom_score : keeper.oom_score_below;
  ssize_t written = write(fd, score, strlen(score));
  (void)written;
  close(fd);
}

/* Looks along PATH of the new environment, as a shell does; what is no binary and names no interpreter is given to sh. */
static void execute(struct plan *plan) {
  char **arguments = plan->arguments + 1, *name = arguments[0];
  const char *folder = "/usr/local/bin:/usr/bin:/bin";
  int error = ENOENT;
  for (char **variable = plan->variables; *variable != NULL; variable++)
    if (strncmp(*variable, "PATH=", 5) == 0) folder = *variable + 5;
  bool is_path = strchr(name, '/') != NULL;
  for (bool more = true; more;) {
    const char *end = strchrnul(folder, ':');
    int length = (int)(end - folder);
    int used = is_path ? snprintf(plan->path, sizeof plan->path, "%s", name)
                       : snprintf(plan->path, sizeof plan->path, "%.*s/%s", length, length > 0 ? folder : ".", name);
    more = !is_path && *end == ':';
    folder = end + 1;
    if (used < 0 || (size_t)used >= sizeof plan->path) {
      error = ENAMETOOLONG;
      continue;
    }
    execve(plan->path, arguments, plan->variables);
    if (errno == ENOEXEC) {
      plan->arguments[0] = "/bin/sh";
      arguments[0] = plan->path;
      execve("/bin/sh", plan->arguments, plan->variables);
    }
    if (errno == EACCES) error = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR) {
      error = errno;
      break;
    }
  }
  errno = error;
}
