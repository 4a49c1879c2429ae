import { readFileSync } from 'node:fs';

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that init has not collected yet still answers.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

export const gone = async (pid: number): Promise<boolean> => {
  for (let count = 0; alive(pid) && count < 50; count += 1)
    await new Promise(resolve => setTimeout(resolve, 20));
  return !alive(pid);
};
