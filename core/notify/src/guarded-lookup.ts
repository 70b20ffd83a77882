import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { SlowLaneError } from '@slowlane/contracts';
import { isPublicAddress } from '@slowlane/kit';

/**
 * A `lookup` for sockets that hands out only public addresses. The socket dials what was checked here: a name that resolves to one
 * address for the check and to another for the call finds no second look-up to use. One inner address among several refuses them all.
 */
export function guardLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const addresses = found as unknown as LookupAddress[];
      const inner = addresses.find(({ address }) => !isPublicAddress(address));
      if (inner !== undefined) return callback(refusal(hostname, inner.address), []);
      const first = addresses[0];
      if (first === undefined)
        return callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), []);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/** An address written as digits never reaches a look-up, so it is checked by itself. `hostname` as the URL class spells it. */
export function refuseInnerLiteral(hostname: string): void {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(address) !== 0 && !isPublicAddress(address)) throw refusal(hostname, address);
}

function refusal(hostname: string, address: string): SlowLaneError {
  return new SlowLaneError(
    'notify.refused',
    `${hostname} is ${address}, an address inside our network, and is not called`,
  );
}
