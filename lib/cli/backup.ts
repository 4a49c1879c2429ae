import { backUp } from '../sqlite/backup.ts';
import { runCommand, WrongUse } from './arguments.ts';

const command = {
  name: 'npm run backup',
  help: `Copies the states and the history of this machine into a file, whether or not the monitor runs.

  npm run backup -- FILE [--data DIR]

  FILE         where the copy goes; it must not be there yet
  --data DIR   the folder of the monitor (default .peregrine)
  --help       this text

To go back to a copy: end the monitor, put the file in the place of peregrine.db in its folder, and start.
Exit codes: 0 written, 1 failed, 2 wrong use.`,
  options: { data: { type: 'string', default: '.peregrine' } },
  maxPositionals: 1,
} as const;

await runCommand(command, async ({ data }, [file]) => {
  if (!file) throw new WrongUse('the file to write is missing. Name it: npm run backup -- FILE');
  if (data === '') throw new WrongUse('--data is empty');
  const backedUp = backUp(data, file);
  if (backedUp.kind === 'failed') {
    process.stderr.write(`${command.name}: ${backedUp.error}\n`);
    return 1;
  }
  process.stdout.write(`${file}: ${(backedUp.bytes / 1e6).toFixed(1)} MB\n`);
  return 0;
});
