/* The least that running a program takes: N children at once, each vfork, exec, wait. Prints a sample as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double cpu_ms(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int at_once = atoi(argv[1]), running = 0, failed = 0;
  double for_ms = atof(argv[2]), from_ms = now_ms(), from_cpu_ms = cpu_ms();
  long done = 0;
  while (now_ms() - from_ms < for_ms || running > 0) {
    while (running < at_once && now_ms() - from_ms < for_ms) {
      pid_t child = vfork();
      if (child == 0) {
        execv(argv[3], argv + 3);
        _exit(127);
      }
      running++;
    }
    int status;
    if (wait(&status) < 0) break;
    running--;
    done++;
    if (status != 0) failed++;
  }
  double wall_ms = now_ms() - from_ms, used_ms = cpu_ms() - from_cpu_ms;
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  printf("{\"operations\":%ld,\"wallMs\":%f,\"cpuMs\":%f,\"latency\":null,\"peakBytes\":%ld,\"facts\":{},\"failures\":", done,
         wall_ms, used_ms, u.ru_maxrss * 1024);
  if (failed) printf("{\"count\":%d,\"first\":\"exit code\"}}\n", failed);
  else printf("null}\n");
  return 0;
}
