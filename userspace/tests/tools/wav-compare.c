// SPDX-License-Identifier: MIT
/*
 * wav-compare WAV PCM...: the recording is those files in that order, every sample of them, with
 * nothing but silence before, between and after. Says where each was found; exits with 1 at the
 * first difference. All 16-bit stereo.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct sound {
	uint32_t *frames; /* left and right of one moment in each */
	size_t count;
};

static void die(const char *path, const char *why)
{
	fprintf(stderr, "wav-compare: %s: %s\n", path, why);
	exit(2);
}

static unsigned char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes;
	struct stat st;

	if (!file || fstat(fileno(file), &st))
		die(path, strerror(errno));
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes || fread(bytes, 1, (size_t)st.st_size, file) != (size_t)st.st_size)
		die(path, "can not be read");
	fclose(file);
	*size = (size_t)st.st_size;
	return bytes;
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return le32toh(value);
}

static void check_format(const char *path, const unsigned char *chunk)
{
	/* PCM, 2 channels; 48000 frames/s; 16 bit */
	if (get32(chunk + 8) != 0x00020001 || get32(chunk + 12) != 48000 ||
	    get32(chunk + 20) != 0x00100004)
		die(path, "not 16-bit stereo PCM at 48000 Hz");
}

/* A recorder that was stopped hard has not filled in the size: then the rest is data. */
static struct sound wav_sound(const char *path, unsigned char *bytes, size_t size)
{
	size_t at = 12, length;

	if (size < 12 || memcmp(bytes, "RIFF", 4) || memcmp(bytes + 8, "WAVE", 4))
		die(path, "not a WAV file");
	for (; at + 8 <= size; at += 8 + length) {
		length = get32(bytes + at + 4);
		if (!memcmp(bytes + at, "fmt ", 4) && at + 24 <= size)
			check_format(path, bytes + at);
		if (memcmp(bytes + at, "data", 4))
			continue;
		if (!length || length > size - at - 8)
			length = size - at - 8;
		return (struct sound){ (uint32_t *)(bytes + at + 8), length / 4 };
	}
	die(path, "no data chunk");
	return (struct sound){ 0 };
}

static struct sound load_wav(const char *path)
{
	size_t size;
	unsigned char *bytes = read_file(path, &size);

	return wav_sound(path, bytes, size);
}

static struct sound load_pcm(const char *path)
{
	size_t size;
	unsigned char *bytes = read_file(path, &size);

	return (struct sound){ (uint32_t *)bytes, size / 4 };
}

static size_t skip_silence(const struct sound *recording, size_t at)
{
	while (at < recording->count && !recording->frames[at])
		at++;
	return at;
}

/* Where the recording went wrong is easier to see with its surroundings. */
static void show(const struct sound *recording, size_t at, const struct sound *sent, size_t place)
{
	size_t i;

	for (i = 0; i < 4; i++)
		printf("# frame %zu: sent %08" PRIx32 ", recorded %08" PRIx32 "\n", place + i,
		       place + i < sent->count ? le32toh(sent->frames[place + i]) : 0,
		       at + i < recording->count ? le32toh(recording->frames[at + i]) : 0);
}

static int compare(const char *path, const struct sound *recording, size_t *at)
{
	struct sound sent = load_pcm(path);
	size_t i;

	*at = skip_silence(recording, *at);
	for (i = 0; i < sent.count; i++) {
		if (*at + i < recording->count && recording->frames[*at + i] == sent.frames[i])
			continue;
		printf("%s: differs after %zu of %zu frames, frame %zu of %zu recorded\n", path, i,
		       sent.count, *at + i, recording->count);
		show(recording, *at + i, &sent, i);
		return -1;
	}
	printf("%s: all %zu frames, from frame %zu\n", path, sent.count, *at);
	*at += sent.count;
	free(sent.frames);
	return 0;
}

int main(int argc, char **argv)
{
	struct sound recording;
	size_t at = 0;
	int i;

	if (argc < 3) {
		fprintf(stderr, "usage: wav-compare WAV PCM...\n");
		return 2;
	}
	recording = load_wav(argv[1]);
	for (i = 2; i < argc; i++)
		if (compare(argv[i], &recording, &at))
			return 1;
	at = skip_silence(&recording, at);
	if (at == recording.count)
		return 0;
	printf("%s: sound after the end, at frame %zu of %zu\n", argv[1], at, recording.count);
	return 1;
}
