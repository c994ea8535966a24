/*
 * The files of a log: `0000000001.log` and on, in the folder of the service. One is written to; when it is full the next is
 * begun, and the oldest go: beyond a number here, and beyond a size in the folders of all services together.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "keeper.h"

enum { NAME_BYTES = 14, NEXT_TRIES = 64, REMOVED_MAX = 4096 };

/* The oldest file of all services, as one look found it. */
struct oldest { char folder[NAME_MAX + 1]; u32 number; struct timespec at; };

static bool open_file(void);
static bool open_folder(void);
static bool go_on_with(u32 number);
static bool begin(u32 number);
static u32 look_through(int folder, u32 *lowest, u32 *highest);
static u32 number_of(const char *name);
static void name_of(u32 number, char *name);
static void keep_files(void);
static void keep_total(void);
static u64 weigh_all(int top, struct oldest *oldest);
static void weigh(int top, const char *folder, u64 *total, struct oldest *oldest);
static int open_again(int folder, const char *name);

/* Appends whole lines, as many as fit into the file in hand; answers their bytes, 0 when the disk takes none: `error` says why. */
u32 append_lines(const char *lines, u32 count) {
  struct log *log = &keeper.log;
  struct stat is;
  /* Somebody may have removed it, another keeper even, to keep the size of all. */
  if (log->file_fd >= 0 && (fstat(log->file_fd, &is) < 0 || is.st_nlink == 0)) forget_file();
  for (int attempt = 0; attempt < 2; attempt++) {
    if (log->file_fd < 0 && !open_file()) {
      log->error = (u32)errno;
      forget_file();
      return 0;
    }
    u64 room = log->size < log->bounds.max_bytes ? log->bounds.max_bytes - log->size : 0;
    if (count <= room) break;
    const char *end = room == 0 ? NULL : memrchr(lines, '\n', room);
    if (end == NULL && log->size > 0) {
      log->least = log->number + 1;
      forget_file();
      continue;
    }
    /* A line that is longer than a file is a file. */
    if (end == NULL) end = memchr(lines, '\n', count);
    count = end == NULL ? count : (u32)(end - lines) + 1;
    break;
  }
  u32 written = 0;
  int error = 0;
  /* A disk that is nearly full takes a part, and only then says why not the rest. */
  while (written < count && error == 0) {
    ssize_t more = write(log->file_fd, lines + written, count - written);
    if (more > 0) written += (u32)more;
    else error = more < 0 ? errno : ENOSPC;
  }
  const char *end = written == 0 ? NULL : memrchr(lines, '\n', written);
  u32 whole = end == NULL ? 0 : (u32)(end - lines) + 1;
  log->size += whole;
  log->written += whole;
  log->unweighed += whole;
  if (error != 0) {
    log->error = (u32)error;
    /* After a file that may not grow further there must be another. */
    if (error == EFBIG && log->size > 0) log->least = log->number + 1;
    /* Half a line is taken back; where it cannot be, it is ended when the file is opened again. */
    if (written == whole || ftruncate(log->file_fd, (off_t)log->size) < 0 || error != ENOSPC) forget_file();
  }
  if (log->unweighed >= log->bounds.max_bytes / 4) keep_total();
  return whole;
}

/* The next line goes into a file that is looked for anew. */
void forget_file(void) {
  if (keeper.log.file_fd >= 0) close(keeper.log.file_fd);
  if (keeper.log.folder_fd >= 0) close(keeper.log.folder_fd);
  keeper.log.file_fd = keeper.log.folder_fd = -1;
}

/* The newest one if it has room and nobody else writes there; else another. */
static bool open_file(void) {
  u32 lowest, highest;
  if (!open_folder()) return false;
  look_through(keeper.log.folder_fd, &lowest, &highest);
  if (highest > 0 && highest >= keeper.log.least && go_on_with(highest)) return true;
  u32 next = highest + 1 > keeper.log.least ? highest + 1 : keeper.log.least;
  for (int attempt = 0; attempt < NEXT_TRIES; attempt++) {
    if (begin(next + (u32)attempt)) {
      keep_files();
      keep_total();
      return true;
    }
    if (errno != EEXIST) return false;
  }
  return false;
}

static bool open_folder(void) {
  struct log *log = &keeper.log;
  if (log->folder_fd >= 0) return true;
  for (int attempt = 0; attempt < 2; attempt++) {
    log->folder_fd = open(log->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (log->folder_fd >= 0 || errno != ENOENT) break;
    /* The daemon has made both; somebody has cleared them away since. */
    char *slash = strrchr(log->path, '/');
    if (slash == NULL || slash == log->path) break;
    *slash = '\0';
    bool made = mkdir(log->path, 0700) == 0 || errno == EEXIST;
    *slash = '/';
    if (!made || mkdir(log->path, 0700) < 0) break;
  }
  return log->folder_fd >= 0;
}

static bool go_on_with(u32 number) {
  struct log *log = &keeper.log;
  struct stat is;
  char name[NAME_BYTES + 1], last;
  name_of(number, name);
  int fd = openat(log->folder_fd, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  bool usable = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_nlink == 1 &&
    (u64)is.st_size < log->bounds.max_bytes;
  /* A keeper that was killed, or a full disk, may have left half a line. */
  if (usable && is.st_size > 0 && pread(fd, &last, 1, is.st_size - 1) == 1 && last != '\n') {
    usable = write(fd, "\n", 1) == 1;
    is.st_size++;
  }
  if (!usable) {
    close(fd);
    return false;
  }
  log->file_fd = fd;
  log->number = number;
  log->size = (u64)is.st_size;
  return true;
}

static bool begin(u32 number) {
  char name[NAME_BYTES + 1];
  name_of(number, name);
  int fd = openat(keeper.log.folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  /* Says to another keeper of a service of this name that the file is in use. Nobody else knows of it yet. */
  flock(fd, LOCK_EX | LOCK_NB);
  keeper.log.file_fd = fd;
  keeper.log.number = number;
  keeper.log.size = 0;
  return true;
}

/* How many files there are; 0 for the lowest and highest number of none. */
static u32 look_through(int folder, u32 *lowest, u32 *highest) {
  u32 count = 0;
  *lowest = *highest = 0;
  int fd = open_again(folder, ".");
  DIR *list = fd < 0 ? NULL : fdopendir(fd);
  if (list == NULL) {
    if (fd >= 0) close(fd);
    return 0;
  }
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    u32 number = number_of(entry->d_name);
    if (number == 0) continue;
    count++;
    if (*lowest == 0 || number < *lowest) *lowest = number;
    if (number > *highest) *highest = number;
  }
  closedir(list);
  return count;
}

/* 0 for what is no name of ours. */
static u32 number_of(const char *name) {
  if (strlen(name) != NAME_BYTES || strspn(name, "0123456789") != 10 || strcmp(name + 10, ".log") != 0) return 0;
  unsigned long long number = strtoull(name, NULL, 10);
  return number < UINT32_MAX ? (u32)number : 0;
}

static void name_of(u32 number, char *name) {
  snprintf(name, NAME_BYTES + 1, "%010u.log", number);
}

/* Only so many of this service. */
static void keep_files(void) {
  u32 lowest, highest;
  char name[NAME_BYTES + 1];
  for (int removed = 0; removed < REMOVED_MAX; removed++) {
    if (look_through(keeper.log.folder_fd, &lowest, &highest) <= keeper.log.bounds.files || lowest == keeper.log.number) return;
    name_of(lowest, name);
    if (unlinkat(keeper.log.folder_fd, name, 0) < 0) return;
  }
}

/* Only so many bytes of all services: the file goes that was written to the longest ago, ours or another's, in use or not. */
static void keep_total(void) {
  struct log *log = &keeper.log;
  struct oldest oldest;
  log->unweighed = 0;
  int top = log->folder_fd < 0 ? -1 : open_again(log->folder_fd, "..");
  if (top < 0) return;
  for (int removed = 0; removed < REMOVED_MAX && weigh_all(top, &oldest) > log->bounds.total_bytes; removed++) {
    char name[NAME_BYTES + 1];
    if (oldest.number == 0) break;
    name_of(oldest.number, name);
    int folder = open_again(top, oldest.folder);
    int gone = folder < 0 ? -1 : unlinkat(folder, name, 0);
    if (folder >= 0) close(folder);
    /* Another keeper may have been faster. */
    if (gone < 0 && errno != ENOENT) break;
  }
  close(top);
}

/* The bytes of all files of all services, and which is the oldest. */
static u64 weigh_all(int top, struct oldest *oldest) {
  u64 total = 0;
  *oldest = (struct oldest){ 0 };
  int fd = open_again(top, ".");
  DIR *list = fd < 0 ? NULL : fdopendir(fd);
  if (list == NULL) {
    if (fd >= 0) close(fd);
    return 0;
  }
  for (struct dirent *entry; (entry = readdir(list)) != NULL;)
    if (strncmp(entry->d_name, LOG_PREFIX, sizeof LOG_PREFIX - 1) == 0) weigh(top, entry->d_name, &total, oldest);
  closedir(list);
  return total;
}

static void weigh(int top, const char *folder, u64 *total, struct oldest *oldest) {
  int fd = open_again(top, folder);
  DIR *list = fd < 0 ? NULL : fdopendir(fd);
  if (list == NULL) {
    if (fd >= 0) close(fd);
    return;
  }
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    struct stat is;
    u32 number = number_of(entry->d_name);
    if (number == 0 || fstatat(fd, entry->d_name, &is, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(is.st_mode)) continue;
    *total += (u64)is.st_size;
    bool older = is.st_mtim.tv_sec < oldest->at.tv_sec ||
      (is.st_mtim.tv_sec == oldest->at.tv_sec && is.st_mtim.tv_nsec < oldest->at.tv_nsec);
    if (oldest->number != 0 && !older) continue;
    oldest->number = number;
    oldest->at = is.st_mtim;
    snprintf(oldest->folder, sizeof oldest->folder, "%s", folder);
  }
  closedir(list);
}

static int open_again(int folder, const char *name) {
  return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}
