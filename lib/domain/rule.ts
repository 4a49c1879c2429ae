import type { TargetName } from './target-name.ts';

declare const brand: unique symbol;
/** Names a rule for ever: in saved items, transition ids and URLs. */
export type RuleId = string & { readonly [brand]: 'RuleId' };

/** What turns verdicts into a state. */
export type Rule = {
  readonly id: RuleId;
  readonly failureThreshold: number;
  readonly successThreshold: number;
  readonly remindEveryMs: number | null;
  /** So long without a verdict is silence. */
  readonly staleAfterMs: number;
  /** What silence makes of the state: `unknown` where somebody asks, `fail` where somebody ought to tell. */
  readonly onSilence: 'unknown' | 'fail';
  readonly maintenance: readonly Maintenance[];
  readonly dependsOn: readonly RuleId[];
  readonly subject: Subject;
};

export type Maintenance =
  | {
      readonly kind: 'cron';
      readonly expression: string;
      readonly timezone: string;
      readonly durationMs: number;
    }
  | { readonly kind: 'range'; readonly fromMs: number; readonly toMs: number };

/** What a notification says of the endpoint; travels in each transition. */
export type Subject = {
  readonly name: string;
  readonly group: string | null;
  readonly labels: { readonly [label: string]: string };
  readonly description: string | null;
  readonly runbook: string | null;
};

/** All that the engine knows of whatever has a rule. An endpoint is one. */
export type Ruled = {
  readonly rule: Rule;
  readonly targets: readonly TargetName[];
  /** `disabled`: nobody wants it watched, and its `unknown` is told to nobody. */
  readonly status: 'enabled' | 'disabled' | 'always-fail' | 'always-success';
  /** It is over after so many verdicts; 0: never. */
  readonly runs: number;
};
