import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { folderOf, type MonitorProcess, startMonitorProcess } from '../support/monitor-process.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const KEY = 'not-a-real-key';

let monitor: MonitorProcess;
const closes: (() => unknown)[] = [];
afterEach(async () => {
  await monitor?.end('SIGKILL');
  for (const close of closes.splice(0)) await close();
});

/** The two endpoints that the product began with, in today's format; only the addresses are of this machine. */
const yaml = (service: string, datadog: string): string => `
www.fabricsounds.com/health:
  scheme: http
  url: ${service}/www
  interval: 100ms
  response_json_values: [status]
  success_test: { key: status, value: ok }
  post_endpoint: ${datadog}/api/v1/events
  post_api_key: { param_name: api_key, param_in: query, param_secret: datadog-api-key }
  post_json_info:
    title: fabricsounds health
    text: "health {status}"
    tags: ["status:{status}"]

mixsig.fabricsounds.com/health:
  scheme: http
  url: ${service}/mixsig
  interval: 100ms
  response_json_values: [status, app, version]
  success_test: { key: status, value: ok }
  post_service: aws-eventbridge
  data_detail_type: type1
  data_source: mixsig.fabricsounds.com/health
  data_details_json: { status: "{status}", app: "{app}", version: "{version}" }
  data_resources: [health]

self:
  interval: 200ms
  post_endpoint: ${datadog}/api/v1/events
  post_api_key: { param_name: api_key, param_in: query, param_secret: datadog-api-key }
  post_json_info: { title: watcher-monitor, text: "{name} is {state}" }
`;

test('the fabricsounds endpoints load, are checked, and tell Datadog and EventBridge what their files say', async () => {
  let status = 'ok';
  const service = createServer((_, response) =>
    response.end(JSON.stringify({ status, app: 'mixsig', version: 3 })),
  );
  await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const datadog = await startWebhookReceiver();
  closes.push(
    datadog.close,
    () => service.closeAllConnections(),
    () => service.close(),
  );
  monitor = await startMonitorProcess(
    ['--endpoints', folderOf({ 'fabricsounds.yml': yaml(address, datadog.url) }), '--data', ':memory:'],
    { PEREGRINE_SECRET_DATADOG_API_KEY: KEY },
  );
  expect(monitor.lines[0]).toMatchObject({ kind: 'started', endpoints: 2, invalid_files: 0 });
  for (const endpoint of ['www-fabricsounds-com-health', 'mixsig-fabricsounds-com-health'])
    await monitor.line(
      line => line.kind === 'transition' && line.endpoint === endpoint && line.state === 'ok',
    );
  status = 'degraded';

  await datadog.waitFor(1);
  const [request] = datadog.requests;
  expect(request?.path).toBe(`/api/v1/events?api_key=${KEY}`);
  expect(JSON.parse(request?.body ?? '')).toEqual({
    title: 'fabricsounds health',
    text: 'health degraded',
    tags: ['status:degraded'],
  });

  const put = await monitor.line(line => line.kind === 'note' && JSON.stringify(line).includes('type1'));
  expect(JSON.stringify(put)).toContain('mixsig.fabricsounds.com/health');
  expect(JSON.stringify(put).replaceAll('\\', '')).toContain(
    '{"status":"degraded","app":"mixsig","version":3}',
  );

  expect(await monitor.end()).toBe(0);
  expect(JSON.stringify(monitor.lines)).not.toContain(KEY);
});
