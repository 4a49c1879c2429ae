import type * as z from 'zod';
import { successTestVariables } from '../../domain/success-test.ts';
import { commonPlaceholders } from '../../domain/template.ts';
import { endpointSchema, ruleKeys, schemes } from './endpoint-schema.ts';
import { appliesTo, keyInfo } from './key.ts';
import { inlineTargetShape, targetSchema } from './target-schema.ts';

type Shape = { readonly [key: string]: z.ZodType };

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |`).join('\n');

const keyRows = (shape: Shape, appliesToAll: (key: string) => string): readonly (readonly string[])[] =>
  Object.entries(shape).flatMap(([key, schema]) => {
    const info = keyInfo(schema);
    return info === undefined
      ? []
      : [[`\`${key}\``, appliesTo(info, appliesToAll(key)), info.help, info.default ?? '']];
  });

const without = (shape: Shape, left: Shape): Shape =>
  Object.fromEntries(Object.entries(shape).filter(([key]) => !Object.hasOwn(left, key)));

const variableRows = (): readonly (readonly string[])[] =>
  [...schemes, 'self' as const]
    .filter(scheme => scheme !== 'http')
    .map(scheme => [
      scheme === 'https' ? '`http`, `https`' : `\`${scheme}\``,
      Object.entries(successTestVariables[scheme])
        .map(([name, type]) => `\`${name}: ${type}\``)
        .join(', '),
    ]);

const HEAD = ['key', 'for', 'meaning', 'default'];

/** The generated parts of the format's reference, by the name of their place in the text. */
const referenceTables = (): ReadonlyMap<string, string> =>
  new Map([
    [
      'endpoint-keys',
      table(
        HEAD,
        keyRows(without(endpointSchema.shape, inlineTargetShape), key =>
          ruleKeys.includes(key) ? 'all, `self`' : 'all',
        ),
      ),
    ],
    [
      'target-keys',
      table(
        HEAD,
        keyRows(targetSchema.shape, () => 'all'),
      ),
    ],
    ['variables', table(['scheme', 'variables'], variableRows())],
    ['placeholders', commonPlaceholders.map(name => `\`{${name}}\``).join(' ')],
  ]);

/** Puts the generated parts between their markers: `<!-- generated: name -->` and `<!-- end -->`. */
export const fillReference = (text: string): string =>
  text.replace(
    /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}${referenceTables().get(name) ?? ''}\n${end}`,
  );
