# SPDX-License-Identifier: MIT
# For node-gyp: installation from source, and prebuildify. deps.js has copied the libraries' sources
# to deps/ when the package was packed; in the project's tree they are next door.
{
  'variables': { 'deps': '<!(node deps.js --where)' },
  'targets': [{
    'target_name': 'winusb_iso',
    'sources': ['<!@(node deps.js --sources)'],
    'include_dirs': ['<(deps)/webusb', '<(deps)/lib', '<(deps)/uapi'],
    'defines': ['_GNU_SOURCE', '_FILE_OFFSET_BITS=64'],
    'cflags': ['-std=gnu11', '-fvisibility=hidden'],
    'libraries': ['-lpthread'],
  }],
}
