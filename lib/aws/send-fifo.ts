import { createHash } from 'node:crypto';
import type { Transition } from '../domain/transition.ts';

/** SNS and SQS allow no more. */
const MAX_ID_LENGTH = 128;

export const fifoId = (text: string) =>
  text.length <= MAX_ID_LENGTH ? text : createHash('sha256').update(text).digest('hex');

/** In a FIFO topic or queue: one rule's transitions in order, each once. */
export const fifoFields = (name: string, { id, ruleId }: Pick<Transition, 'id' | 'ruleId'>) =>
  name.endsWith('.fifo') ? { MessageGroupId: fifoId(ruleId), MessageDeduplicationId: fifoId(id) } : {};
