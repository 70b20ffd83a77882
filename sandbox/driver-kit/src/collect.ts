import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { SlowLaneError } from '@slowlane/contracts';
import type { Context } from './context.ts';
import type { Prepared } from './prepare.ts';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';

export interface CollectOptions {
  context: Context;
  prepared: Prepared;
  globs: readonly string[];
  track(program: Program): Program;
}

const script = readFileSync(new URL('./collect.py', import.meta.url), 'utf8');

/**
 * A tar of what the globs match, written by a program in a fresh set of namespaces with `/work` read-only and no network: names, links
 * and patterns of strangers are only ever looked at in there. The stream fails with `archive.refused` when a matched file is larger
 * than the whole volume may be (a sparse file), and with `sandbox.failed` when the tar was not finished.
 */
export async function collect(options: CollectOptions): Promise<Readable> {
  const { context, prepared, globs } = options;
  if (prepared.volume === undefined)
    throw new SlowLaneError('sandbox.refused', `collect: ${prepared.spec.id} has no work volume`);
  const argv = ['/usr/bin/python3', '-I', '-S', '-c', script, String(prepared.spec.limits.workBytes), ...globs];
  const plan = await prepared.arrangement.planCollect(argv);
  const program = options.track(
    await startProgram({
      launch: (means) => context.isolation.launch(plan, means),
      limits: { wallMs: prepared.spec.limits.wallMs, outputBytes: Number.MAX_SAFE_INTEGER },
      cgroup: prepared.cgroup,
      fifos: context.fifos,
      hasStdin: false,
      onFull: 'stop',
    }),
  );
  return untilComplete(program);
}

/** Ends the stream only when the program has ended well: a cut tar must not look like a short one. */
function untilComplete(program: Program): Readable {
  const out = new PassThrough();
  let said = '';
  program.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-1_000)));
  program.stdout.pipe(out, { end: false });
  const drained = new Promise<void>((resolve) => program.stdout.once('close', resolve));
  out.once('close', () => program.stop('cancelled'));
  program.done
    .then(async (end) => {
      await drained;
      if (end.reason === 'exit' && end.code === 0) return void out.end();
      const code = end.code === 3 ? 'archive.refused' : 'sandbox.failed';
      out.destroy(new SlowLaneError(code, `the outputs could not be collected: ${said.trim() || end.reason}`));
    })
    .catch((error: Error) => out.destroy(error));
  return out;
}
