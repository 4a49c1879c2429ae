import type { Outcome } from './report/report.ts';
import type { Context, Scenario } from './scenario.ts';

/** One scenario that breaks does not stop the others. */
export const tryScenario = async (name: string, scenario: Scenario, context: Context): Promise<Outcome> => {
  const { promise } = scenario;
  const why = scenario.cannotRun?.() ?? null;
  if (why !== null) return { name, promise, tookMs: 0, kind: 'not-run', why };
  const fromMs = performance.now();
  const end = (): { readonly name: string; readonly promise: string; readonly tookMs: number } => ({
    name,
    promise,
    tookMs: performance.now() - fromMs,
  });
  try {
    const facts = await scenario.run(context);
    return { ...end(), kind: 'tried', facts };
  } catch (error) {
    return { ...end(), kind: 'broke', why: error instanceof Error ? error.message : String(error) };
  }
};
