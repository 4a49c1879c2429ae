import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import { createTargetQueue } from '../../../lib/engine/delivery/target-queue.ts';
import type { DeliveryReport } from '../../../lib/engine/events/observer.ts';
import { createSteadyClock } from '../../../lib/engine/pacing/steady-clock.ts';
import { createTimers } from '../../../lib/engine/pacing/timers.ts';
import { createSend } from '../../../lib/local/targets/create-send.ts';
import { printSenders } from '../../../lib/local/targets/print.ts';
import { endpointId } from '../../support/endpoints.ts';
import { exampleTarget, exampleTransition, webhookTo } from '../../support/example-transition.ts';
import { startWebhookReceiver } from '../../support/webhook-receiver.ts';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

const RULES = 400;
const VERSIONS = [1, 2, 3];
const WITHIN_MS = 20_000;

/** A target queue with the real webhook sender, at 1,000 a second, in real time. */
const queueTo = (url: string) => {
  const over = new AbortController();
  const clock = createSteadyClock(systemClock);
  const timers = createTimers(clock, () => {});
  const reports: DeliveryReport[] = [];
  const target = exampleTarget(webhookTo(url));
  const send = createSend({
    clock: systemClock,
    readSecret: () => null,
    env: {},
    region: null,
    services: printSenders(() => {}),
    targetNamed: () => target,
  });
  const queue = createTargetQueue(
    {
      clock,
      timers,
      random: Math.random,
      send,
      maxPerSecond: () => 1000,
      onDelivery: report => reports.push(report),
      onDone: () => {},
      onIdle: () => {},
      signal: over.signal,
    },
    target.name,
  );
  atEnd.push(() => {
    over.abort();
    timers.stop();
  });
  const push = (rule: string, version: number): void =>
    queue.push({
      transition: exampleTransition({
        ruleId: endpointId(rule),
        version,
        id: `${rule}#${version}`,
        atMs: clock.nowMs(),
      }),
      isSaved: true,
      remaining: new Set([target.name]),
      unacknowledged: [],
      isAcknowledging: false,
    });
  return { push, reports };
};

const listening = async (onPort?: number) => {
  const receiver = await startWebhookReceiver(onPort);
  atEnd.push(receiver.close);
  return receiver;
};

const idsOf = (requests: readonly { readonly headers: { readonly [name: string]: unknown } }[]) =>
  requests.map(({ headers }) => String(headers['idempotency-key']));

const rules = Array.from({ length: RULES }, (_, n) => `rule-${n}`);
const inOrder = rules.flatMap(rule => VERSIONS.map(version => `${rule}#${version}`)).sort();

test('a receiver that is restarted gets all that waited, each once and in order per rule', async () => {
  const before = await startWebhookReceiver();
  const { port } = new URL(before.url);
  await before.close();
  const { push, reports } = queueTo(before.url);
  for (const version of VERSIONS) for (const rule of rules) push(rule, version);
  while (reports.length < 12) await systemClock.sleep(50);
  await systemClock.sleep(1000);
  // The first that are sent at once, and few more.
  expect(reports.length).toBeLessThan(150);
  const after = await listening(Number(port));
  const got = idsOf(await after.waitFor(RULES * VERSIONS.length, WITHIN_MS));
  expect(got.toSorted()).toEqual(inOrder);
  for (const rule of rules)
    expect(got.filter(id => id.startsWith(`${rule}#`))).toEqual(
      VERSIONS.map(version => `${rule}#${version}`),
    );
}, 40_000);

test('a receiver that answers 503 and then takes all gets each in order', async () => {
  const receiver = await listening();
  receiver.respondWith([503]);
  const { push } = queueTo(receiver.url);
  for (const version of VERSIONS) for (const rule of rules) push(rule, version);
  await receiver.waitFor(12);
  await systemClock.sleep(1000);
  const refused = receiver.requests.length;
  expect(refused).toBeLessThan(150);
  receiver.respondWith([200]);
  const all = await receiver.waitFor(refused + RULES * VERSIONS.length, WITHIN_MS);
  const got = idsOf(all.slice(refused));
  expect(got.toSorted()).toEqual(inOrder);
}, 40_000);
