import { randomUUID } from 'node:crypto';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { keepHeapSteady } from '../lib/process/steady-heap.ts';
import { runJobset } from './run-jobset.ts';
import { logger, wired } from './wiring.ts';

/** As the schedule of a jobset sends it; by hand, the time may be left out. */
type CheckEvent = { readonly jobset: string; readonly scheduledAt?: string } | null;

keepHeapSteady();

const MINUTE_MS = 60_000;

const minuteOf = (scheduledAt: string | undefined): number => {
  const atMs = Date.parse(scheduledAt ?? '');
  return Math.floor((Number.isNaN(atMs) ? wired.clock.nowMs() : atMs) / MINUTE_MS) * MINUTE_MS;
};

export const handler = middy<CheckEvent, void, Error, Context>()
  .use(injectLambdaContext(logger))
  .handler((event, context) =>
    runJobset(wired, {
      jobset: String(event?.jobset),
      scheduledAtMs: minuteOf(event?.scheduledAt),
      // Lambda may give one event to two sandboxes, under one id.
      id: `${context.awsRequestId}/${randomUUID().slice(0, 8)}`,
      remainingMs: context.getRemainingTimeInMillis(),
    }),
  );
