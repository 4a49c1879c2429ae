import { loadFolder } from '../config/load-folder.ts';
import { formatProblem } from '../config/problem/problem.ts';
import { didYouMean } from '../config/problem/suggest.ts';
import { systemClock } from '../domain/clock.ts';
import { type Config, watchedEndpoints } from '../domain/config.ts';
import type { Endpoint } from '../domain/endpoint.ts';
import { readDotEnv } from '../local/dot-env.ts';
import { printable } from '../local/log/printable.ts';
import { readSecrets } from '../local/secrets.ts';
import { version } from '../local/version.ts';
import { connectHttp } from '../probe/http/connection.ts';
import type { ConnectHttp } from '../probe/http/exchange.ts';
import { connectUndici } from '../probe/http/undici-connection.ts';
import { runCommand, WrongUse } from './arguments.ts';
import { checkOnce, type Once } from './check-endpoint.ts';

const command = {
  name: 'npm run check-once',
  help: `Checks one endpoint once and shows what came of it. Nothing is saved or sent.

  npm run check-once -- NAME [options]

  NAME              an endpoint's name or id
  --endpoints DIR   where the YAML files are (default endpoints)
  --http-client C   own or undici: what another client makes of the same answer (default own)
  --help            this text

Exit codes: 0 the check succeeded, 1 it failed, 2 wrong use.`,
  options: {
    endpoints: { type: 'string', default: 'endpoints' },
    'http-client': { type: 'string', default: 'own' },
  },
  maxPositionals: 1,
} as const;

const LONGEST_LINE = 2000;

const clients = { own: connectHttp, undici: connectUndici } as const;

const readClient = (name: string): ConnectHttp => {
  if (name !== 'own' && name !== 'undici')
    throw new WrongUse(`--http-client is "${name}", not own or undici`);
  return clients[name];
};

const find = (config: Config, name: string): Endpoint => {
  const found = config.endpoints.find(endpoint => endpoint.name === name || endpoint.id === name);
  if (found) return found;
  const names = watchedEndpoints(config).map(endpoint => endpoint.name);
  throw new WrongUse(
    `there is no endpoint "${name}". ${didYouMean(name, names, `There are: ${names.slice(0, 20).join(', ')}`)}`,
  );
};

const ms = (value: number): string => `${value.toFixed(1)} ms`;

const phasesOf = ({ phases, latencyMs }: Once['result']): string =>
  Object.entries({
    dns: phases.dnsMs,
    connect: phases.connectMs,
    tls: phases.tlsMs,
    'first byte': phases.ttfbMs,
  })
    .filter((phase): phase is [string, number] => phase[1] !== null)
    .map(([name, value]) => `${name} ${ms(value)}`)
    .concat(`total ${ms(latencyMs)}`)
    .join(', ');

const facts = ({ statusCode, exitCode, certDaysLeft }: Once['result']): readonly string[] => [
  ...(statusCode === null ? [] : [`status code ${statusCode}`]),
  ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
  ...(certDaysLeft === null ? [] : [`certificate valid for ${certDaysLeft.toFixed(1)} days`]),
];

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${printable(line, LONGEST_LINE)}`)];

const report = ({ name, source }: Endpoint, { result, tests, deliveries }: Once): string => {
  const verdict = result.ok ? 'ok' : `FAILED  ${result.reason}: ${result.error}`;
  return [
    printable(`${name} (${source})  ${verdict}`, LONGEST_LINE),
    ...[phasesOf(result), ...facts(result)].map(line => `  ${line}`),
    ...section(
      'Tests',
      tests.map(({ test, passed, error }) =>
        passed ? `passed  ${test}` : `FAILED  ${test}${error ? `  (${error})` : ''}`,
      ),
    ),
    ...section(
      'Values',
      Object.entries(result.values).map(([path, value]) => `${path} = ${JSON.stringify(value)}`),
    ),
    ...section(
      `Deliveries, if this made it ${result.ok ? 'ok' : 'fail'} (nothing is sent)`,
      deliveries.map(
        ({ target, rendered }) =>
          `${target}: ${typeof rendered === 'string' ? rendered : JSON.stringify(rendered)}`,
      ),
    ),
  ].join('\n');
};

await runCommand(command, async ({ endpoints: folder, 'http-client': client }, [name]) => {
  const connect = readClient(client);
  if (name === undefined) throw new WrongUse('name an endpoint');
  const loaded = await loadFolder(folder);
  if (loaded.kind === 'no-folder') throw new WrongUse(loaded.message);
  for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  const endpoint = find(loaded.config, name);
  const { env } = process;
  const readSecret = readSecrets(env, readDotEnv());
  const region = env.AWS_REGION ?? null;
  const once = await checkOnce(
    { clock: systemClock, readSecret, environment: env, version, region, connect },
    loaded.config,
    endpoint,
  );
  process.stdout.write(`${report(endpoint, once)}\n`);
  return once.result.ok ? 0 : 1;
});
