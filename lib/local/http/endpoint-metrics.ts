import type { State } from '../../domain/transition.ts';
import type { EndpointStatus, Percentiles } from '../../engine/measures/status.ts';

const STATE_VALUES: { readonly [state in State]: number } = { unknown: -1, fail: 0, ok: 1 };
const QUANTILES = [
  ['0.5', 'p50'],
  ['0.95', 'p95'],
  ['0.99', 'p99'],
] as const;

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

type Sample = (labels: string, value: number) => void;
type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** `id` is the label of the endpoint, written out. */
  readonly samples: (status: EndpointStatus, id: string, sample: Sample) => void;
};

const quantiles = (of: Percentiles, id: string, sample: Sample) => {
  for (const [quantile, key] of QUANTILES) {
    const ms = of[key];
    if (ms !== null) sample(`${id},quantile="${quantile}"`, ms / 1000);
  }
};

const families: readonly Family[] = [
  {
    name: 'peregrine_endpoint_info',
    type: 'gauge',
    help: 'Always 1: what belongs to an id.',
    samples: ({ endpoint }, id, sample) =>
      sample(
        `${id},name="${escaped(endpoint.name)}",group="${escaped(endpoint.rule.subject.group ?? '')}",scheme="${endpoint.check.scheme}"`,
        1,
      ),
  },
  {
    name: 'peregrine_endpoint_up',
    type: 'gauge',
    help: '1 when the last check passed, 0 when it failed; absent before the first.',
    samples: ({ last }, id, sample) => {
      if (last !== null) sample(id, last.result.ok ? 1 : 0);
    },
  },
  {
    name: 'peregrine_endpoint_state',
    type: 'gauge',
    help: 'State after debounce: 1 ok, 0 fail, -1 unknown.',
    samples: ({ state }, id, sample) => sample(id, STATE_VALUES[state.state]),
  },
  {
    name: 'peregrine_endpoint_state_since_seconds',
    type: 'gauge',
    help: 'When the state began, Unix time.',
    samples: ({ state }, id, sample) => {
      if (state.sinceMs !== null) sample(id, state.sinceMs / 1000);
    },
  },
  {
    name: 'peregrine_endpoint_checks_total',
    type: 'counter',
    help: 'Checks by result, over restarts.',
    samples: ({ state }, id, sample) => {
      sample(`${id},result="ok"`, state.runs - state.failures);
      sample(`${id},result="fail"`, state.failures);
    },
  },
  {
    name: 'peregrine_endpoint_ticks_due_total',
    type: 'counter',
    help: 'Instants at which a check was due: run + missed.',
    samples: ({ ticks }, id, sample) => sample(id, ticks.due),
  },
  {
    name: 'peregrine_endpoint_ticks_run_total',
    type: 'counter',
    help: 'Due instants that were checked.',
    samples: ({ ticks }, id, sample) => sample(id, ticks.run),
  },
  {
    name: 'peregrine_endpoint_ticks_late_total',
    type: 'counter',
    help: 'Of those run: started more than 10% of the interval late.',
    samples: ({ ticks }, id, sample) => sample(id, ticks.late),
  },
  {
    name: 'peregrine_endpoint_ticks_missed_total',
    type: 'counter',
    help: 'Due instants that were not checked.',
    samples: ({ ticks }, id, sample) => sample(id, ticks.missed),
  },
  {
    name: 'peregrine_endpoint_latency_seconds',
    type: 'gauge',
    help: 'From the start of a check to its end.',
    samples: ({ latency }, id, sample) => quantiles(latency, id, sample),
  },
  {
    name: 'peregrine_endpoint_response_seconds',
    type: 'gauge',
    help: 'From the instant a check was due to its end.',
    samples: ({ response }, id, sample) => quantiles(response, id, sample),
  },
  {
    name: 'peregrine_endpoint_cert_days_left',
    type: 'gauge',
    help: 'Days until the certificate expires, where there is one.',
    samples: ({ last }, id, sample) => {
      const days = last?.result.certDaysLeft ?? null;
      if (days !== null) sample(id, days);
    },
  },
];

/** About a millisecond of work. */
const ENDPOINTS_A_SLICE = 100;

/** Prometheus text of all endpoints, in slices: `prom-client` held the loop for 450 ms with 10,000 of them. The
 *  format wants each family in one piece, so they are collected side by side on one pass, as bytes, which the
 *  garbage collector need not copy. */
export async function* endpointMetrics(
  statuses: Iterable<EndpointStatus> | AsyncIterable<EndpointStatus>,
): AsyncGenerator<string | Uint8Array> {
  const collected = families.map(({ name, type, help, samples }) => {
    const chunks: Uint8Array[] = [Buffer.from(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)];
    let text = '';
    const sample: Sample = (labels, value) => {
      text += `${name}{${labels}} ${value}\n`;
    };
    return {
      chunks,
      add: (status: EndpointStatus, id: string) => samples(status, id, sample),
      keep: () => {
        chunks.push(Buffer.from(text));
        text = '';
      },
    };
  });
  let seen = 0;
  for await (const status of statuses) {
    const id = `id="${status.endpoint.id}"`;
    for (const { add } of collected) add(status, id);
    if (++seen % ENDPOINTS_A_SLICE === 0) {
      for (const { keep } of collected) keep();
      yield '';
    }
  }
  for (const { keep, chunks } of collected) {
    keep();
    yield* chunks;
  }
}
