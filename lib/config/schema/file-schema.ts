import * as z from 'zod';
import { endpointSchema, selfSchema } from './endpoint-schema.ts';
import { targetSchema } from './target-schema.ts';

const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const later = (name: string) =>
  z.never(`${name} is not supported yet. Remove it`).optional().describe('Not supported yet.');

/** One file: the one definition of the format. */
export const fileSchema = z
  .object(
    {
      defaults: endpointSchema
        .nullable()
        .optional()
        .describe("For this file's endpoints; in a file named defaults.yml, for its folder and below."),
      targets: z
        .record(
          z.string().regex(TARGET_NAME, 'Name a target with letters, digits, "-" and "_", at most 64'),
          targetSchema,
          'Write a map: the name of a target, and its keys below it',
        )
        .nullable()
        .optional()
        .describe('Where transitions go, by name; names are known in all files.'),
      self: selfSchema.nullable().optional().describe("The monitor's own endpoint."),
      triggers: later('triggers'),
      heartbeats: later('heartbeats'),
    },
    'Write a map: the name of an endpoint, and its keys below it',
  )
  .catchall(
    endpointSchema
      .nullable()
      .describe('An endpoint. The name is also the address, unless `url` or `host` says otherwise.'),
  );

export const reservedKeys: readonly string[] = Object.keys(fileSchema.shape);

/** For editors: https://github.com/redhat-developer/yaml-language-server reads draft 7 best. */
export const editorSchema = (): object => ({
  title: 'Peregrine endpoints',
  ...z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }),
});
