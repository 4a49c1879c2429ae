import { systemClock } from '../domain/clock.ts';
import { createLog } from '../local/log/log.ts';
import { openOutput } from '../local/log/output.ts';
import { terminalOf } from '../local/log/terminal.ts';
import { runMonitor } from '../local/monitor.ts';
import { readSecrets } from '../local/secrets.ts';
import { printSenders } from '../local/targets/print.ts';
import { version } from '../local/version.ts';
import { runCommand, WrongUse } from './arguments.ts';
import { readDotEnv } from './dot-env.ts';

const command = {
  name: 'npm start',
  help: `Runs the monitor on this machine.

  npm start -- [options]

  --endpoints DIR   where the YAML files are (default endpoints)
  --host HOST       where the HTTP API listens (default 127.0.0.1)
  --port PORT       and on which port, 0 for any free one (default 8080)
  --data DIR        where states and history are kept, :memory: for nowhere (default .peregrine)
  --log FORMAT      pretty or json, an object a line (default pretty)
  --aws             really send to EventBridge, CloudWatch, SNS, SQS and Lambda, with the credentials
                    of the environment; without it, what would be sent is printed
  --help            this text

Changed files take force without a restart. Ctrl-C (SIGINT) or SIGTERM ends it: what is in flight
finishes, states are saved. Exit codes: 0 ended as asked, 1 failed, 2 wrong use or cannot start.`,
  options: {
    endpoints: { type: 'string', default: 'endpoints' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    data: { type: 'string', default: '.peregrine' },
    log: { type: 'string', default: 'pretty' },
    aws: { type: 'boolean', default: false },
  },
  maxPositionals: 0,
} as const;

/** A slow system resolver holds a thread a lookup: with Node's four, four such names would hold up all others. */
process.env.UV_THREADPOOL_SIZE ??= '64';

const FLUSH_WITHIN_MS = 500;

const readPort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new WrongUse(`--port is "${text}", not a number from 0 to 65535`);
  return port;
};

const readFormat = (text: string): 'pretty' | 'json' => {
  if (text !== 'pretty' && text !== 'json') throw new WrongUse(`--log is "${text}", not pretty or json`);
  return text;
};

const untilAsked = (): AbortSignal => {
  const asked = new AbortController();
  process.once('SIGINT', () => asked.abort());
  process.once('SIGTERM', () => asked.abort());
  return asked.signal;
};

await runCommand(command, async ({ endpoints, host, port, data, log: format, aws }) => {
  const clock = systemClock;
  const { env } = process;
  const output = openOutput(1, clock);
  const options = { endpoints, host, port: readPort(port), data };
  const log = createLog({ format: readFormat(format), output, clock, ...terminalOf(env) });
  const print = log.note;
  const services = aws
    ? (await import('../aws/send-services.ts')).awsSenders({ config: {}, clock, print })
    : printSenders(print);
  const signal = untilAsked();
  const region = env.AWS_REGION ?? null;
  const readSecret = readSecrets(env, readDotEnv());
  const ended = await runMonitor(options, { clock, log, env, readSecret, services, region, version, signal });
  if (ended.kind === 'refused') {
    await output.flush(FLUSH_WITHIN_MS);
    for (const line of ended.lines) process.stderr.write(`npm start: ${line}\n`);
    return 2;
  }
  log.stopped();
  await output.flush(FLUSH_WITHIN_MS);
  return 0;
});
