/* Loaded before a program: notes in the file named by SLOWLANE_SYNCED what each successful fsync or fdatasync has made safe, a line each,
 * "<size> <path>". A test that kills the program can then cut its files back to what a power cut would have left. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void note(int fd, off_t size) {
  char link[64], path[4096], line[4200];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  const char *log = getenv("SLOWLANE_SYNCED");
  if (length <= 0 || log == NULL) return;
  path[length] = 0;
  int count = snprintf(line, sizeof line, "%lld %s\n", (long long)size, path);
  int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) return;
  if (write(out, line, (size_t)count) != count) abort();
  close(out);
}

static int synced(int fd, const char *name) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  /* The size before the call: what is appended while it runs may or may not be safe. */
  int known = fstat(fd, &before);
  int result = real(fd);
  if (result == 0 && known == 0 && S_ISREG(before.st_mode)) note(fd, before.st_size);
  return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }
