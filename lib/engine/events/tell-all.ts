import type { Observer } from './observer.ts';

/** One observer that tells all of them. */
export const tellAll = (observers: readonly Observer[]): Required<Observer> => ({
  onBegin: () => {
    for (const observer of observers) observer.onBegin?.();
  },
  onEnd: () => {
    for (const observer of observers) observer.onEnd?.();
  },
  onCheck: check => {
    for (const observer of observers) observer.onCheck?.(check);
  },
  onTransition: transition => {
    for (const observer of observers) observer.onTransition?.(transition);
  },
  onDelivery: report => {
    for (const observer of observers) observer.onDelivery?.(report);
  },
  onProblem: message => {
    for (const observer of observers) observer.onProblem?.(message);
  },
});
