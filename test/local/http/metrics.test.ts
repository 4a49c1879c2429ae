import { afterEach, expect, test } from '@jest/globals';
import { newRuleState } from '../../../lib/domain/transition.ts';
import {
  exampleCheck,
  exampleEndpoint,
  exampleSource,
  exampleStatus,
  exampleTransition,
  passed,
} from './example-source.ts';
import { closeServers, serve } from './serve.ts';

afterEach(closeServers);

const scrape = async (url: string) => {
  const response = await fetch(`${url}/metrics`);
  return { type: response.headers.get('content-type'), text: await response.text() };
};

test('an endpoint has its state, checks, ticks and percentiles', async () => {
  const { url } = await serve(exampleSource([exampleStatus('shop')]));
  const { type, text } = await scrape(url);
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'peregrine_endpoint_info{id="shop",name="shop",group="shop",scheme="http"} 1',
      'peregrine_endpoint_up{id="shop"} 1',
      'peregrine_endpoint_state{id="shop"} 1',
      'peregrine_endpoint_state_since_seconds{id="shop"} 1790000000',
      'peregrine_endpoint_checks_total{id="shop",result="ok"} 398',
      'peregrine_endpoint_checks_total{id="shop",result="fail"} 2',
      'peregrine_endpoint_ticks_due_total{id="shop"} 400',
      'peregrine_endpoint_ticks_run_total{id="shop"} 398',
      'peregrine_endpoint_ticks_late_total{id="shop"} 1',
      'peregrine_endpoint_ticks_missed_total{id="shop"} 2',
      'peregrine_endpoint_latency_seconds{id="shop",quantile="0.99"} 0.0207',
      'peregrine_endpoint_response_seconds{id="shop",quantile="0.5"} 0.0114',
      'peregrine_endpoint_cert_days_left{id="shop"} 30.5',
      'peregrine_build_info{version="1.2.3"} 1',
      'peregrine_endpoints 2',
      'peregrine_lateness_seconds{quantile="0.99"} 0.0015',
      'peregrine_ticks_missed_total 4',
      'peregrine_loop_stalled 0',
      'peregrine_store_reachable 1',
    ]),
  );
});

test('an endpoint of which nothing is known is neither up nor failing', async () => {
  const { url } = await serve(exampleSource([exampleStatus('shop', { state: newRuleState, last: null })]));
  const { text } = await scrape(url);
  expect(text).toContain('peregrine_endpoint_state{id="shop"} -1\n');
  expect(text).not.toContain('peregrine_endpoint_up{id="shop"}');
});

test('what the engine reported is counted, and a second scrape does not count it again', async () => {
  const { url, metrics } = await serve(exampleSource([]));
  const { onCheck, onTransition, onDelivery } = metrics.observer;
  const endpoint = exampleEndpoint('shop');
  const transition = exampleTransition('shop', 1);
  for (let run = 0; run < 3; run++) onCheck?.(exampleCheck(endpoint, { ...passed, retries: run }));
  onCheck?.(exampleCheck(endpoint, { ...passed, ok: false, reason: 'timeout', error: 'no answer in 1 s' }));
  onTransition?.(transition);
  onTransition?.({ ...transition, suppressed: 'maintenance' });
  onDelivery?.({
    transition,
    target: 'ops',
    attempt: 1,
    outcome: { kind: 'failed', error: 'no', afterMs: null },
  });
  onDelivery?.({ transition, target: 'ops', attempt: 2, outcome: { kind: 'accepted' } });
  await scrape(url);
  expect((await scrape(url)).text.split('\n')).toEqual(
    expect.arrayContaining([
      'peregrine_checks_total{result="ok"} 3',
      'peregrine_http_retries_total 3',
      'peregrine_checks_total{result="timeout"} 1',
      'peregrine_checks_total{result="dns"} 0',
      'peregrine_transitions_total{kind="fail",suppressed=""} 1',
      'peregrine_transitions_total{kind="fail",suppressed="maintenance"} 1',
      'peregrine_deliveries_total{target="ops",outcome="failed"} 1',
      'peregrine_deliveries_total{target="ops",outcome="accepted"} 1',
    ]),
  );
});

test('every line is valid Prometheus text and each family is in one piece, whatever names hold', async () => {
  const nasty = exampleStatus('quote " back \\ slash\nnew line');
  const many = Array.from({ length: 250 }, (_, index) => exampleStatus(`shop-${index}`));
  const { url } = await serve(exampleSource([nasty, ...many]));
  const lines = (await scrape(url)).text.split('\n').filter(line => line !== '');
  const SAMPLE = /^[a-z_]+(\{[a-z]+="(\\[\\n"]|[^"\\\n])*"(,[a-z]+="(\\[\\n"]|[^"\\\n])*")*\})? -?[\d.e+-]+$/;
  expect(lines.filter(line => !line.startsWith('# ') && !SAMPLE.test(line))).toEqual([]);
  expect(lines).toContain(
    'peregrine_endpoint_info{id="quote-back-slash-new-line",name="quote \\" back \\\\ slash\\nnew line",group="shop",scheme="http"} 1',
  );
  const names = lines.filter(line => !line.startsWith('#')).map(line => line.split(/[ {]/, 1)[0]);
  const pieces = names.filter((name, index) => name !== names[index - 1]);
  expect(pieces).toEqual([...new Set(pieces)]);
});
