/*
 * Times MPI operations as cli/bench/measure.ts times Muster's, in the form of the OSU micro-benchmarks: a barrier before
 * each iteration, only the operation is timed, and each rank's figure is the mean of its times. Sizes are bytes a rank.
 *
 *   mpicc -O2 -o collectives collectives.c
 *   mpirun -n 4 ./collectives <budget ms> <min iterations> <max iterations> <operation> <bytes> [<operation> <bytes> ...]
 *
 * One line a measurement: operation, bytes, iterations, then avg, min and max over the ranks, microseconds. An operation
 * whose result is wrong ends the program with status 1.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 64
#define WINDOW_BYTES 67108864L

static int rank, ranks;

struct buffers {
  long bytes;
  int elements; /* floats in `bytes` */
  int block;    /* floats of one rank in a reduce-scatter */
  char *send, *receive;
};

static long larger(long a, long b) { return a > b ? a : b; }

static void fail(const char *operation, long bytes) {
  fprintf(stderr, "%s of %ld bytes at rank %d gave a wrong result\n", operation, bytes, rank);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

static void run(const char *operation, struct buffers *b) {
  int n = (int)b->bytes;
  float *from = (float *)b->send, *to = (float *)b->receive;
  MPI_Comm world = MPI_COMM_WORLD;
  if (!strcmp(operation, "barrier")) MPI_Barrier(world);
  else if (!strcmp(operation, "bcast")) MPI_Bcast(b->send, n, MPI_CHAR, 0, world);
  else if (!strcmp(operation, "gather")) MPI_Gather(b->send, n, MPI_CHAR, b->receive, n, MPI_CHAR, 0, world);
  else if (!strcmp(operation, "scatter")) MPI_Scatter(b->send, n, MPI_CHAR, b->receive, n, MPI_CHAR, 0, world);
  else if (!strcmp(operation, "allgather")) MPI_Allgather(b->send, n, MPI_CHAR, b->receive, n, MPI_CHAR, world);
  else if (!strcmp(operation, "alltoall")) MPI_Alltoall(b->send, n, MPI_CHAR, b->receive, n, MPI_CHAR, world);
  else if (!strcmp(operation, "reduce")) MPI_Reduce(from, to, b->elements, MPI_FLOAT, MPI_SUM, 0, world);
  else if (!strcmp(operation, "allreduce")) MPI_Allreduce(from, to, b->elements, MPI_FLOAT, MPI_SUM, world);
  else if (!strcmp(operation, "reduceScatter"))
    MPI_Reduce_scatter_block(from, to, b->block, MPI_FLOAT, MPI_SUM, world);
  else if (!strcmp(operation, "scan")) MPI_Scan(from, to, b->elements, MPI_FLOAT, MPI_SUM, world);
  else if (!strcmp(operation, "exscan")) MPI_Exscan(from, to, b->elements, MPI_FLOAT, MPI_SUM, world);
  else {
    if (rank == 0) fprintf(stderr, "unknown operation %s\n", operation);
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
}

/* The first and the last element of what a reduction gives, where this rank gets it. */
static void check(const char *operation, struct buffers *b) {
  float *to = (float *)b->receive;
  int last = b->elements - 1, top = ranks;
  if (!strcmp(operation, "reduce") && rank != 0) return;
  if (!strcmp(operation, "reduceScatter")) last = b->block - 1;
  else if (!strcmp(operation, "scan")) top = rank + 1;
  else if (strcmp(operation, "reduce") && strcmp(operation, "allreduce")) return;
  float expected = (float)top * (top + 1) / 2;
  if (to[0] != expected || to[last] != expected) fail(operation, b->bytes);
}

static double collective_us(const char *operation, struct buffers *b, int iterations, int warm_ups) {
  double total = 0;
  for (int i = -warm_ups; i < iterations; i++) {
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    run(operation, b);
    if (i >= 0) total += MPI_Wtime() - start;
  }
  MPI_Barrier(MPI_COMM_WORLD);
  return total / iterations * 1e6;
}

static double latency_us(struct buffers *b, int iterations, int warm_ups) {
  double start = 0;
  int peer = 1 - rank, n = (int)b->bytes;
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank > 1) return -1;
  for (int i = -warm_ups; i < iterations; i++) {
    if (i == 0) start = MPI_Wtime();
    if (rank == 0) MPI_Send(b->send, n, MPI_CHAR, peer, 0, MPI_COMM_WORLD);
    MPI_Recv(b->receive, n, MPI_CHAR, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if (rank == 1) MPI_Send(b->send, n, MPI_CHAR, peer, 0, MPI_COMM_WORLD);
  }
  return (MPI_Wtime() - start) * 1e6 / (2.0 * iterations);
}

static int window_length(long bytes) {
  long fitting = WINDOW_BYTES / larger(1, bytes);
  return fitting < 1 ? 1 : fitting > WINDOW ? WINDOW : (int)fitting;
}

static double bandwidth_us(struct buffers *b, int iterations, int warm_ups) {
  MPI_Request requests[WINDOW];
  double start = 0;
  int peer = 1 - rank, n = (int)b->bytes, window = window_length(b->bytes);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank > 1) return -1;
  for (int i = -warm_ups; i < iterations; i++) {
    if (i == 0) start = MPI_Wtime();
    for (int w = 0; w < window; w++) {
      if (rank == 0) MPI_Isend(b->send, n, MPI_CHAR, peer, 0, MPI_COMM_WORLD, &requests[w]);
      else MPI_Irecv(b->receive, n, MPI_CHAR, peer, 0, MPI_COMM_WORLD, &requests[w]);
    }
    MPI_Waitall(window, requests, MPI_STATUSES_IGNORE);
    if (rank == 0) MPI_Recv(b->receive, 0, MPI_CHAR, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else MPI_Send(b->send, 0, MPI_CHAR, peer, 1, MPI_COMM_WORLD);
  }
  return (MPI_Wtime() - start) * 1e6 / ((double)iterations * window);
}

/* A rank's mean time in microseconds; below 0 where it takes no part. */
static double mean_us(const char *operation, struct buffers *b, int iterations, int warm_ups) {
  if (!strcmp(operation, "latency")) return latency_us(b, iterations, warm_ups);
  if (!strcmp(operation, "bandwidth")) return bandwidth_us(b, iterations, warm_ups);
  return collective_us(operation, b, iterations, warm_ups);
}

static int iterations_within(double budget_ms, int least, int most, double probe_us) {
  double slowest, fitting;
  MPI_Allreduce(&probe_us, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  fitting = budget_ms * 1000 / slowest;
  return fitting < least ? least : fitting > most ? most : (int)fitting;
}

static void report(const char *operation, long bytes, int iterations, double mean) {
  double *all = malloc(ranks * sizeof *all);
  MPI_Gather(&mean, 1, MPI_DOUBLE, all, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  if (rank == 0) {
    double sum = 0, low = 0, high = 0;
    int taking_part = 0;
    for (int r = 0; r < ranks; r++) {
      if (all[r] < 0) continue;
      if (taking_part == 0 || all[r] < low) low = all[r];
      if (taking_part == 0 || all[r] > high) high = all[r];
      sum += all[r];
      taking_part++;
    }
    printf("%s %ld %d %.3f %.3f %.3f\n", operation, bytes, iterations, sum / taking_part, low, high);
    fflush(stdout);
  }
  free(all);
}

static void measure(const char *operation, long bytes, double budget_ms, int least, int most) {
  /* An allgather receives from every rank, an alltoall and a scatter send to every rank. */
  int holds_all = !strcmp(operation, "gather") || !strcmp(operation, "scatter") || !strcmp(operation, "allgather") ||
                  !strcmp(operation, "alltoall");
  long room = larger(bytes, (long)sizeof(float) * ranks) * (holds_all ? ranks : 1);
  struct buffers b = {.bytes = bytes, .send = malloc(room), .receive = malloc(room)};
  b.elements = (int)larger(1, bytes / (long)sizeof(float));
  b.block = (int)larger(1, bytes / (long)sizeof(float) / ranks);
  for (long i = 0; i < room / (long)sizeof(float); i++) ((float *)b.send)[i] = (float)(rank + 1);
  memset(b.receive, 0, room);
  if (strcmp(operation, "latency") && strcmp(operation, "bandwidth")) {
    run(operation, &b);
    check(operation, &b);
  }
  double probe = mean_us(operation, &b, 2, 1);
  if (!strcmp(operation, "latency")) probe *= 2;
  if (!strcmp(operation, "bandwidth")) probe *= window_length(bytes);
  int iterations = iterations_within(budget_ms, least, most, probe);
  report(operation, bytes, iterations, mean_us(operation, &b, iterations, (iterations + 9) / 10));
  free(b.send);
  free(b.receive);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (argc < 6 || argc % 2 != 0) {
    if (rank == 0) fprintf(stderr, "usage: collectives <budget ms> <min> <max> <operation> <bytes> ...\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  for (int at = 4; at < argc; at += 2) {
    measure(argv[at], atol(argv[at + 1]), atof(argv[1]), atoi(argv[2]), atoi(argv[3]));
  }
  MPI_Finalize();
  return 0;
}
