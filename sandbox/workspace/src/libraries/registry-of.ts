import { SlowLaneError } from '@slowlane/contracts';
import type { Library } from '../jobs/schema.ts';

/** A gateway to the registries, as a workspace is given it. */
export interface RegistryAccess {
  /** Unix socket of a dependency gateway; without it nothing can be had from a registry. */
  gatewaySocket?: string | undefined;
  /** Registries behind it and their addresses; default: `maven` and `pypi` are there, under no address that is known. */
  registries?: Readonly<Record<string, string>> | undefined;
}

/**
 * The gateway's registry that a library comes from: the one whose address is the library's `repo`, else the usual one of its kind. A library's
 * own address is never asked: the operator decides which registries there are.
 */
export function registryOf(access: RegistryAccess, library: Library): { registry: string; socketPath: string } {
  const kind = library.maven === undefined ? 'pypi' : 'maven';
  const { gatewaySocket: socketPath, registries } = access;
  if (socketPath === undefined)
    throw failed(
      `A library of kind ${library.requirements === undefined ? kind : 'requirements'} comes from a registry, and this workspace was started without a dependency gateway. Put its file on a volume and name that as jar or whl.`,
    );
  const { repo } = ((library.maven ?? library.pypi) as { repo?: string } | undefined) ?? {};
  const fits = ([name]: [string, string]): boolean => isPypi(name) === (kind === 'pypi');
  const known = Object.entries(registries ?? { maven: '', pypi: '' }).filter(fits);
  const found = known.find(([name, address]) =>
    repo === undefined ? name === kind : trimmed(address) === trimmed(repo),
  );
  if (found !== undefined) return { registry: found[0], socketPath };
  throw failed(
    repo === undefined
      ? `The address of the registry ${kind} is not known. Name it in slowlane.yaml: registries: { ${kind}: https://... }`
      : `The repository ${repo} is none of this workspace's registries (${known.map(([name, address]) => `${name} at ${address}`).join(', ') || 'none'}). Name it in slowlane.yaml: registries: { ${kind}-own: ${repo} }`,
  );
}

/** As the gateway has it: such a name speaks the Python simple API. */
function isPypi(name: string): boolean {
  return name === 'pypi' || name.startsWith('pypi-');
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, '');
}

function failed(message: string): SlowLaneError {
  return new SlowLaneError('sandbox.failed', message);
}
