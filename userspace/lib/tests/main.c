// SPDX-License-Identifier: MIT
#include "fake-kernel.h"
#include "tap.h"

int main(int argc, char **argv)
{
	return tap_main(argc, argv, fake_reset, NULL);
}
