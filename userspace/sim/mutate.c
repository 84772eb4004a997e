// SPDX-License-Identifier: MIT
/* Configurations by chance: one to four changes in an honest one, as the seed says. */
#include "chance.h"
#include "internal.h"

/* What is there more than once strikes more often. */
static const enum sim_edit_kind kinds[] = {
	SIM_EDIT_BYTE,	 SIM_EDIT_BYTE, SIM_EDIT_BYTE,	 SIM_EDIT_BYTE,	  SIM_EDIT_BIT,
	SIM_EDIT_BIT,	 SIM_EDIT_BIT,	SIM_EDIT_LENGTH, SIM_EDIT_REMOVE, SIM_EDIT_REMOVE,
	SIM_EDIT_REPEAT, SIM_EDIT_SWAP, SIM_EDIT_CUT,	 SIM_EDIT_INSERT, SIM_EDIT_INTERFACES,
};

static struct sim_edit draw(uint64_t *state)
{
	struct sim_edit edit = {
		.kind = kinds[chance_below(state, sizeof(kinds) / sizeof(kinds[0]))],
	};

	edit.descriptor = chance_next(state);
	edit.at = chance_next(state);
	if (edit.kind == SIM_EDIT_LENGTH && chance_one_in(state, 2)) {
		edit.kind = SIM_EDIT_LENGTH_BY;
		edit.value = chance_below(state, 5) - 2;
	} else if (edit.kind == SIM_EDIT_INSERT || edit.kind == SIM_EDIT_BIT) {
		edit.value = chance_next(state);
	} else {
		edit.value = edit_odd_byte(state);
	}
	return edit;
}

unsigned int mutate_edits(uint32_t seed, struct sim_edit edits[MUTATE_MOST])
{
	uint64_t state = chance_begin(seed, 0);
	unsigned int count = 1 + chance_below(&state, MUTATE_MOST - 1), i;

	for (i = 0; i < count; i++)
		edits[i] = draw(&state);
	/* Now and then it does not say how long it is. */
	if (chance_one_in(&state, 16))
		edits[count++] = (struct sim_edit){
			.kind = SIM_EDIT_TOTAL,
			.value = chance_next(&state),
		};
	return count;
}
