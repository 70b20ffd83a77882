import { run } from '@slowlane/process';
import type { Learned } from './learn-upstreams.ts';

/** pip's settings in the order it takes them. */
const sections = [':env:', 'install', 'global'];
const PIP_DEFAULT = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)';
const TIMEOUT_MS = 30_000;

/** The index that pip uses: its environment and configuration files, else the default in its own code. */
export async function learnPypi(python: string | undefined): Promise<Learned | undefined> {
  if (python === undefined) return undefined;
  const options = { inheritEnv: true, timeoutMs: TIMEOUT_MS };
  const configured = await run([python, '-m', 'pip', 'config', 'list'], options);
  if (configured.ok) {
    const found = readPipConfig(configured.stdout);
    if (found !== undefined) return found;
  }
  const builtIn = await run([python, '-c', PIP_DEFAULT], options);
  const url = builtIn.stdout.trim();
  return builtIn.ok && isHttp(url) ? { url, from: `default of pip (${python})` } : undefined;
}

/** Lines of `pip config list`: `global.index-url='https://…'`. */
export function readPipConfig(text: string): Learned | undefined {
  const settings = new Map<string, string>();
  for (const [, section, value] of text.matchAll(/^(:env:|install|global)\.index-url=['"]?([^'"\n]+)['"]?\s*$/gm)) {
    settings.set(section as string, value as string);
  }
  for (const section of sections) {
    const url = settings.get(section);
    if (url !== undefined && isHttp(url)) return { url, from: `pip configuration (${section}.index-url)` };
  }
  return undefined;
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
