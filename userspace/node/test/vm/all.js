// SPDX-License-Identifier: MIT
// All tests that need a guest, in one process: to start Node.js takes seconds there. Devices are named by
// the kernel as they come: one test after another.
'use strict';

require('./device.test');
require('./stream.test');
require('./configuration.test');
