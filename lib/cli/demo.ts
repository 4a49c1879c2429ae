import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../domain/clock.ts';
import { type DemoServices, startDemoServices } from '../local/demo-services.ts';
import { IN_MEMORY } from '../sqlite/files.ts';
import { runCommand } from './arguments.ts';
import { runOnTerminal } from './run-on-terminal.ts';

const command = {
  name: 'npm run demo',
  help: `Shows the monitor at work, without any network: a small shop that fails, a search with single errors and a
cache that is away now and then, all on this machine, with a webhook receiver.

  npm run demo

Ctrl-C ends it. Nothing is kept.`,
  options: {},
  maxPositionals: 0,
} as const;

const yaml = ({ shopUrl, searchUrl, cachePort, webhookUrl }: DemoServices): string => `targets:
  pager:
    post_endpoint: ${webhookUrl}/alerts
    post_json_info: { title: "{name} is {state}", why: "{error}", was: "{previous_state} for {previous_duration}" }

defaults:
  targets: [pager]

shop:                        # fails for 3 s in every 9
  scheme: http
  url: ${shopUrl}/health
  interval: 100ms
  response_json_values: [status, version]
  success_test: { key: status, value: ok }
  failure_threshold: 3       # 3 failures in a row: 300 ms
  success_threshold: 2

search:                      # one error in 12 answers, debounced away
  scheme: http
  url: ${searchUrl}/
  interval: 50ms
  success_test: status_code == 200 && latency_ms < 500
  failure_threshold: 3

cache:                       # fails for 2.5 s in every 11
  scheme: tcp
  host: 127.0.0.1
  port: ${cachePort}
  expect_banner: ^ready
  interval: 250ms
  failure_threshold: 2
`;

await runCommand(command, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peregrine-demo-'));
  try {
    return await runOnTerminal(
      { endpoints: folder, host: '127.0.0.1', port: 0, data: IN_MEMORY, workers: 1 },
      { name: command.name, format: 'pretty', aws: false },
      async log => {
        const services = await startDemoServices(systemClock, body =>
          log.note(`the webhook receiver got ${body}`),
        );
        const text = yaml(services);
        writeFileSync(join(folder, 'demo.yml'), text);
        process.stdout.write(`${text}\n`);
        return services.close;
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
