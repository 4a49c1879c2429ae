import { runCommand, WrongUse } from './arguments.ts';
import { runOnTerminal } from './run-on-terminal.ts';

const command = {
  name: 'npm start',
  help: `Runs the monitor on this machine.

  npm start -- [options]

  --endpoints DIR   where the YAML files are (default endpoints)
  --host HOST       where the HTTP API listens (default 127.0.0.1)
  --port PORT       and on which port, 0 for any free one (default 8080)
  --data DIR        where states and history are kept, :memory: for nowhere (default .peregrine)
  --workers N       how many processes share the endpoints, 1 to 64: one a core at most (default 1)
  --log FORMAT      pretty or json, an object a line (default pretty)
  --aws             really send to EventBridge, CloudWatch, SNS, SQS and Lambda, with the credentials
                    of the environment; without it, what would be sent is printed
  --help            this text

Changed files take force without a restart. Ctrl-C (SIGINT), SIGTERM or SIGHUP ends it within 3 s: what
is in flight finishes, states are saved; a second one ends it at once. Exit codes: 0 ended as asked,
1 failed or cut short, 2 wrong use or cannot start.`,
  options: {
    endpoints: { type: 'string', default: 'endpoints' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    data: { type: 'string', default: '.peregrine' },
    workers: { type: 'string', default: '1' },
    log: { type: 'string', default: 'pretty' },
    aws: { type: 'boolean', default: false },
  },
  maxPositionals: 0,
} as const;

const readPort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new WrongUse(`--port is "${text}", not a number from 0 to 65535`);
  return port;
};

const MOST_WORKERS = 64;

const readWorkers = (text: string): number => {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MOST_WORKERS)
    throw new WrongUse(`--workers is "${text}", not a number from 1 to ${MOST_WORKERS}`);
  return workers;
};

const readFormat = (text: string): 'pretty' | 'json' => {
  if (text !== 'pretty' && text !== 'json') throw new WrongUse(`--log is "${text}", not pretty or json`);
  return text;
};

/** A variable that a script forgot to set would mean every interface, or the working directory. */
const given = (option: string, text: string): string => {
  if (text === '') throw new WrongUse(`--${option} is empty`);
  return text;
};

await runCommand(command, async ({ endpoints, host, port, data, workers, log, aws }) =>
  runOnTerminal(
    {
      endpoints: given('endpoints', endpoints),
      host: given('host', host),
      port: readPort(port),
      data: given('data', data),
      workers: readWorkers(workers),
    },
    { name: command.name, format: readFormat(log), aws },
  ),
);
