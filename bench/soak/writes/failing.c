/*
 * Loaded before the C library (LD_PRELOAD): calls that change files below FAIL_UNDER are counted, and the FAIL_ATth fails with
 * FAIL_ERRNO, with FAIL_ON=1 all that follow it too. With FAIL_TORN=1 a write that fails has written half of its bytes.
 * What fails first is named on stderr. How many calls there were is said when the process ends, with FAIL_COUNT=1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int calls;

static long setting(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : strtol(text, NULL, 10);
}

static int is_under(const char *path) {
  const char *under = getenv("FAIL_UNDER");
  return under != NULL && path != NULL && strncmp(path, under, strlen(under)) == 0;
}

static int is_fd_under(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return is_under(path);
}

/* Whether the call that is being made is one that fails; then errno is set. */
static int fails(const char *call, int fd, const char *path) {
  int saved = errno;
  int is_ours = path != NULL ? is_under(path) : is_fd_under(fd);
  errno = saved;
  if (!is_ours) return 0;
  int number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  long at = setting("FAIL_AT");
  if (at == 0 || number < at || (number > at && setting("FAIL_ON") == 0)) return 0;
  if (number == at) {
    char link[64], target[512];
    if (path == NULL) {
      snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
      ssize_t length = readlink(link, target, sizeof target - 1);
      target[length < 0 ? 0 : length] = '\0';
    }
    dprintf(STDERR_FILENO, "failed: %s %s\n", call, path != NULL ? path : target);
  }
  errno = (int)setting("FAIL_ERRNO");
  return 1;
}

__attribute__((destructor)) static void tell(void) {
  if (setting("FAIL_COUNT") != 0) dprintf(STDERR_FILENO, "calls: %d\n", calls);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
  if (!fails("write", fd, NULL)) return REAL(write)(fd, bytes, count);
  int code = errno;
  if (setting("FAIL_TORN") != 0) (void)!REAL(write)(fd, bytes, count / 2);
  errno = code;
  return -1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  if (!fails("pwrite", fd, NULL)) return REAL(pwrite64)(fd, bytes, count, at);
  int code = errno;
  if (setting("FAIL_TORN") != 0) (void)!REAL(pwrite64)(fd, bytes, count / 2, at);
  errno = code;
  return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return pwrite64(fd, bytes, count, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  return fails("writev", fd, NULL) ? -1 : REAL(writev)(fd, parts, count);
}

int fsync(int fd) { return fails("fsync", fd, NULL) ? -1 : REAL(fsync)(fd); }

int fdatasync(int fd) { return fails("fdatasync", fd, NULL) ? -1 : REAL(fdatasync)(fd); }

int ftruncate64(int fd, off64_t length) { return fails("ftruncate", fd, NULL) ? -1 : REAL(ftruncate64)(fd, length); }

int rename(const char *from, const char *to) { return fails("rename", -1, from) ? -1 : REAL(rename)(from, to); }

int mkdir(const char *path, mode_t mode) { return fails("mkdir", -1, path) ? -1 : REAL(mkdir)(path, mode); }

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && fails("open", -1, path)) return -1;
  return REAL(open64)(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && fails("open", -1, path)) return -1;
  return REAL(open)(path, flags, mode);
}
