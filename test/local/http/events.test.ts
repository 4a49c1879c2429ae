import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/domain/clock.ts';
import { createEventStreams } from '../../../lib/local/http/event-stream.ts';
import { createLiveEvents } from '../../../lib/local/http/live.ts';
import type { EventClient } from '../../../lib/local/http/reply.ts';
import { manualClock } from '../../support/manual-clock.ts';
import {
  exampleCheck,
  exampleEndpoint,
  exampleSource,
  exampleStatus,
  exampleTransition,
  passed,
} from './example-source.ts';
import { closeServers, serve } from './serve.ts';

const openRequests: (() => void)[] = [];
afterEach(async () => {
  for (const end of openRequests.splice(0)) end();
  await closeServers();
});

type Message = {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
};

const parse = (text: string): Message[] =>
  text.split('\n\n').flatMap(block => {
    const fields = new Map(block.split('\n').map(line => line.split(': ', 2) as [string, string]));
    const event = fields.get('event');
    return event === undefined
      ? []
      : [{ event, id: fields.get('id'), data: JSON.parse(block.slice(block.indexOf('data: ') + 6)) }];
  });

/** A client of the event stream. It can stop reading, as a stuck one does. */
const follow = (url: string) =>
  new Promise<{
    readonly status: number;
    readonly text: () => string;
    readonly messages: () => Message[];
    readonly pause: () => void;
    readonly resume: () => void;
    readonly leave: () => void;
  }>((resolve, reject) => {
    const sent = request(url, response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('error', () => {});
      openRequests.push(() => sent.destroy());
      resolve({
        status: response.statusCode ?? 0,
        text: () => text,
        messages: () => parse(text.slice(0, text.lastIndexOf('\n\n') + 2)),
        pause: () => response.pause(),
        resume: () => response.resume(),
        leave: () => sent.destroy(),
      });
    });
    sent.on('error', reject).end();
  });

const until = async (holds: () => boolean) => {
  for (let waitedMs = 0; !holds(); waitedMs += 20) {
    if (waitedMs > 8000) throw new Error('it never came to hold');
    await sleep(20);
  }
};

const thousandTimesFaster = {
  ...systemClock,
  after: (ms: number, run: () => void) => systemClock.after(ms / 1000, run),
};

const shop = exampleEndpoint('shop');
const source = exampleSource([exampleStatus('shop'), exampleStatus('other')]);

test('a client sees transitions, deliveries and the events of each check', async () => {
  const { url, live } = await serve(source);
  const client = await follow(`${url}/api/events`);
  const transition = exampleTransition('shop', 1);
  live.observer.onCheck?.(
    exampleCheck(shop, { ...passed, certDaysLeft: null, values: { up: true, list: [1] } }),
  );
  live.observer.onTransition?.(transition);
  live.observer.onDelivery?.({
    transition,
    target: 'ops',
    attempt: 2,
    outcome: { kind: 'refused', error: 'answered 400' },
  });
  await until(() => client.messages().length === 7);
  const at_ms = 1_790_000_000_250;
  expect(client.messages()).toEqual([
    { event: 'event', id: undefined, data: { name: 'endpoint.shop.up', value: 1, at_ms } },
    { event: 'event', id: undefined, data: { name: 'endpoint.shop.latency_ms', value: 12.3, at_ms } },
    {
      event: 'event',
      id: undefined,
      data: { name: 'endpoint.shop.response_ms', value: 12.700000000000001, at_ms },
    },
    { event: 'event', id: undefined, data: { name: 'endpoint.shop.status_code', value: 200, at_ms } },
    { event: 'event', id: undefined, data: { name: 'endpoint.shop.json.up', value: 1, at_ms } },
    {
      event: 'transition',
      id: 'shop#1',
      data: expect.objectContaining({ id: 'shop#1', endpoint: 'shop', state: 'fail', error: 'answered 503' }),
    },
    {
      event: 'delivery',
      id: undefined,
      data: {
        transition_id: 'shop#1',
        endpoint: 'shop',
        target: 'ops',
        outcome: 'refused',
        attempt: 2,
        error: 'answered 400',
      },
    },
  ]);
});

test('a client sees only the endpoint and the kinds that it asked for', async () => {
  const { url, live } = await serve(source);
  const client = await follow(`${url}/api/events?endpoint=shop&kind=transition,delivery`);
  live.observer.onTransition?.(exampleTransition('other', 1));
  live.observer.onCheck?.(exampleCheck(shop));
  live.observer.onTransition?.(exampleTransition('shop', 1));
  await until(() => client.messages().length > 0);
  expect(client.messages().map(({ id }) => id)).toEqual(['shop#1']);
});

test('a client that does not read is told how much it lost, and goes on from there', async () => {
  const { url, live } = await serve(source, '127.0.0.1', thousandTimesFaster);
  const slow = await follow(`${url}/api/events?endpoint=shop`);
  const brisk = await follow(`${url}/api/events?endpoint=other`);
  slow.pause();
  const check = exampleCheck(shop, { ...passed, values: { text: 'x'.repeat(1000) } });
  const published = 40_000;
  for (let run = 0; run < published; run++) {
    live.observer.onCheck?.(check);
    if (run % 100 === 0) await sleep(1);
  }
  live.observer.onTransition?.(exampleTransition('other', 1));
  await until(() => brisk.messages().length === 1);
  await sleep(200);
  expect(slow.messages().some(({ event }) => event === 'lost')).toBe(false);

  slow.resume();
  const countOf = (wanted: string) => slow.messages().filter(({ event }) => event === wanted).length;
  const lost = () =>
    slow.messages().reduce((sum, { event, data }) => sum + (event === 'lost' ? Number(data.lost) : 0), 0);
  // Losses are told whenever there was room again: one may come behind events that came behind another.
  await until(() => countOf('event') + lost() >= published * 6);
  expect(lost()).toBeGreaterThan(0);
  expect(countOf('event') + lost()).toBe(published * 6);
  // Those seen waited in the buffers of the kernel, which grow to some MB.
  expect(slow.text().length).toBeLessThan(20e6);

  live.observer.onTransition?.(exampleTransition('shop', 2));
  await until(() => countOf('transition') === 1);
});

test('transitions too are kept for a client up to a bound, and what is over is told as lost', async () => {
  const clock = manualClock();
  const live = createLiveEvents();
  const reply = createEventStreams({ live, clock })({
    endpoint: null,
    kinds: new Set(['transition'] as const),
  });
  if (reply.kind !== 'events') throw new Error('refused');
  let text = '';
  let taken = 0;
  let drained = () => {};
  const client: EventClient = {
    write: more => {
      text += more;
    },
    waitingBytes: () => text.length - taken,
    onDrain: run => {
      drained = run;
    },
  };
  const end = reply.open(client);
  for (let version = 1; version <= 5000; version++)
    live.observer.onTransition?.(exampleTransition('shop', version));
  await clock.advance(100);
  expect(text.length).toBeLessThan(300 * 1024);
  const seen = text.split('event: transition').length - 1;
  taken = text.length;
  drained();
  expect(text).toContain(`event: lost\ndata: {"lost":${5000 - seen}}`);
  end();
});

test('a quiet stream is kept open by a sign of life', async () => {
  const { url } = await serve(source, '127.0.0.1', thousandTimesFaster);
  const client = await follow(`${url}/api/events`);
  await until(() => client.text().startsWith('retry: 2000\n\n: ping\n\n: ping\n\n'));
});

test('a client that left is forgotten, and costs nothing more', async () => {
  const { url, live } = await serve(source);
  const client = await follow(`${url}/api/events`);
  let computed = 0;
  const counted = {
    ...exampleCheck(shop),
    get result() {
      computed++;
      return passed;
    },
  };
  live.observer.onCheck?.(counted);
  expect(computed).toBe(1);
  client.leave();
  await until(() => {
    const already = computed;
    live.observer.onCheck?.(counted);
    return computed === already;
  });
});

test('the client after the last is refused until another one leaves', async () => {
  const { url } = await serve(source);
  const clients = await Promise.all(Array.from({ length: 64 }, () => follow(`${url}/api/events`)));
  expect(clients.map(({ status }) => status)).toEqual(Array(64).fill(200));
  const response = await fetch(`${url}/api/events`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    error: { message: '64 clients follow the events already. Close one and try again.' },
  });
  clients[0]?.leave();
  for (let status = 503; status !== 200; ) {
    const late = await follow(`${url}/api/events`);
    status = late.status;
    if (status !== 200) await sleep(20);
  }
});

test('the endpoint self has its own events only', async () => {
  const { url, live } = await serve(source);
  const client = await follow(`${url}/api/events`);
  const self = { ...exampleEndpoint('self'), check: { scheme: 'self' } as const };
  live.observer.onCheck?.(
    exampleCheck(self, { ...passed, values: { 'config.invalid_files': 2, 'loop.scaling_limit_hit': false } }),
  );
  await until(() => client.messages().length > 0);
  expect(client.messages().map(({ data }) => [data.name, data.value])).toEqual([
    ['self.config.invalid_files', 2],
    ['self.loop.scaling_limit_hit', 0],
  ]);
});
