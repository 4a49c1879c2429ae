import { afterEach, expect, test } from '@jest/globals';
import { folderOf, type MonitorProcess, newFolder, startMonitorProcess } from '../support/monitor-process.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const atEnd: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

const listening = async (): Promise<WebhookReceiver> => {
  const receiver = await startWebhookReceiver();
  atEnd.push(receiver.close);
  return receiver;
};

const started = async (args: readonly string[]): Promise<MonitorProcess> => {
  const monitor = await startMonitorProcess(args);
  atEnd.push(() => monitor.end('SIGKILL'));
  return monitor;
};

const COUNT = 300;
const WITHIN_MS = 30_000;
const names = Array.from({ length: COUNT }, (_, n) => `e${n}`);

const idsOf = ({ requests }: WebhookReceiver): readonly string[] =>
  requests.map(({ headers }) => String(headers['idempotency-key']));

const folderFor = (service: WebhookReceiver, hook: WebhookReceiver): string =>
  folderOf({
    'all.yml': [
      'defaults: { scheme: http, interval: 500ms, targets: [hook] }',
      'targets:',
      `  hook: { post_endpoint: ${hook.url}, max_per_second: 150, on: [fail] }`,
      ...names.map(name => `${name}: { url: ${service.url}/${name} }`),
    ].join('\n'),
  });

const allIn = async (monitor: MonitorProcess, state: 'ok' | 'fail'): Promise<void> => {
  const changed = new Set<unknown>();
  while (changed.size < COUNT) {
    const { id } = await monitor.line(
      ({ kind, id, state: entered }) =>
        kind === 'transition' && entered === state && !changed.has(id) && !String(id).startsWith('self'),
    );
    changed.add(id);
  }
};

test('of a storm that is cut short by SIGKILL every transition arrives, under the id that it was saved with', async () => {
  const [service, hook] = [await listening(), await listening()];
  const args = ['--endpoints', folderFor(service, hook), '--data', newFolder()];
  const first = await started(args);
  await allIn(first, 'ok');
  service.respondWith([503]);
  await hook.waitFor(COUNT / 6, WITHIN_MS);
  await first.end('SIGKILL');
  const sentBefore = new Set(idsOf(hook));
  expect(sentBefore.size).toBeLessThan(COUNT / 2);

  await started(args);
  await hook.waitFor(COUNT + (hook.requests.length - sentBefore.size), WITHIN_MS);
  while (new Set(idsOf(hook)).size < COUNT) await hook.waitFor(hook.requests.length + 1, WITHIN_MS);
  const ids = [...new Set(idsOf(hook))];
  const incarnation = ids[0]?.split('-').at(-1);
  expect(ids.sort()).toEqual(names.map(name => `${name}#2-${incarnation}`).sort());
}, 60_000);
