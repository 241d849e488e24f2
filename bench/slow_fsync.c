/* Preloaded before a server: what reaches the disk does so SLOW_FSYNC_MICROS later, as on a disk that takes so
   long to say that data is safe. For bench/run slow-disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slowly(const char *name, int file) {
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *micros = getenv("SLOW_FSYNC_MICROS");
  int result = sync(file);
  if (micros) usleep((useconds_t)atoi(micros));
  return result;
}

int fsync(int file) { return slowly("fsync", file); }

int fdatasync(int file) { return slowly("fdatasync", file); }
