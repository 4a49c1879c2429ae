import { compile } from '../../../lib/config/compile.ts';
import { formatProblem } from '../../../lib/config/problem/problem.ts';
import { readBytes } from '../../../lib/config/read.ts';
import { atOnce } from '../../../lib/config/resolve/resumable.ts';
import type { Endpoint } from '../../../lib/domain/endpoint.ts';

/** The one endpoint of a YAML file, as the compiler makes it. */
export const endpointOf = (yaml: string): Endpoint => {
  const { config, problems } = atOnce(
    compile(
      [{ file: 'bench.yml', text: () => yaml, read: readBytes('bench.yml', Buffer.from(yaml)) }],
      new Map(),
    ),
  );
  const [endpoint] = config.endpoints;
  if (problems.length > 0 || endpoint === undefined)
    throw new Error(`the benchmark's own endpoint is invalid:\n${problems.map(formatProblem).join('\n')}`);
  return endpoint;
};
