export type GroupSignal = 'SIGINT' | 'SIGKILL';

export const signalGroup = (id: number, name: GroupSignal): void => {
  // 0 is the monitor's own group, 1 everybody.
  if (id <= 1) return;
  try {
    process.kill(-id, name);
  } catch {
    // The group is gone already.
  }
};
