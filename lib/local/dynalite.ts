import { createRequire } from 'node:module';
import { type Perform, Refusal } from '../aws/dynamodb-client.ts';
import { type GroupedLevel, takeLastOpened } from './grouped-level.ts';
import { type Parser, parseOnce } from './parsed-expressions.ts';

type Store = { readonly options: object };
type Failed = Error & {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
};
type Act = (store: Store, data: unknown, done: (error: Failed | null, output: object) => void) => void;
type Shape = { readonly types: object; readonly custom?: unknown };
type Validations = {
  readonly checkTypes: (input: object, types: object) => object;
  readonly checkValidations: (data: object, types: object, custom: unknown, store: Store) => void;
};

type InMemory = { MemoryLevel: new (options: object) => object };

const part = createRequire(createRequire(import.meta.url).resolve('dynalite'));
/** Items stay texts: as buffers, the way they come, they take twice the memory. */
const inMemory = part('memory-level') as InMemory;
inMemory.MemoryLevel = class extends inMemory.MemoryLevel {
  constructor(options: object) {
    super({ ...options, storeEncoding: 'utf8' });
  }
};
const { create } = part('./db') as { readonly create: (options: object) => Store };
const validations: Validations = part('./validations');
for (const parser of ['updateParser', 'conditionParser']) parseOnce(part(`./db/${parser}`) as Parser);

const operationOf = (file: string): { readonly act: Act; readonly shape: Shape } => ({
  act: part(`./actions/${file}`),
  shape: part(`./validations/${file}`),
});

/** All that the stores ask for. */
const operations: ReadonlyMap<string, ReturnType<typeof operationOf>> = new Map(
  [
    'BatchGetItem',
    'BatchWriteItem',
    'CreateTable',
    'DeleteItem',
    'DescribeTable',
    'GetItem',
    'Query',
    'UpdateItem',
  ].map(name => [name, operationOf(name.charAt(0).toLowerCase() + name.slice(1))]),
);

const asRefusal = (error: Failed): Error => {
  const { __type, message, Message } = error.body ?? { __type: '' };
  if (error.statusCode === undefined) return error;
  return new Refusal(__type.slice(__type.indexOf('#') + 1), message ?? Message ?? error.message);
};

/** Its operations without its server: no request is written, signed, hashed and parsed again on the way, which took two
 *  thirds of a call. `path` null: in memory. */
export const createDynalite = (
  path: string | null,
): { readonly perform: Perform; readonly database: GroupedLevel | null } => {
  takeLastOpened();
  const store = create({
    ...(path !== null && { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  return {
    database: takeLastOpened(),
    perform: (name, input) =>
      new Promise((resolve, reject) => {
        const operation = operations.get(name);
        if (!operation) throw new Error(`the embedded database has no ${name}`);
        const { act, shape } = operation;
        try {
          const data = validations.checkTypes({ ...input }, shape.types);
          validations.checkValidations(data, shape.types, shape.custom, store);
          act(store, data, (error, output) => (error ? reject(asRefusal(error)) : resolve(output)));
        } catch (error) {
          reject(asRefusal(error as Failed));
        }
      }),
  };
};
