/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out once, for a library: preloaded (LD_PRELOAD) it puts itself between the libraries below and malloc(),
 * by the addresses that the linker has left in them for it. So it knows who asks; what we ask for ourselves goes by,
 * since that ends the program when it is not there (base/memory.h); and sanitizers, which have a malloc() of their own,
 * still see all that is given and freed.
 *
 * It is steered by the file that EPMDPXY_ALLOCATIONS names: three numbers of 64 bits. How many were asked for up to
 * now, which counts up; at which count nothing is given (0: at none); and 1 once the sanitizers have begun, and we do.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const libraries[] = {"libmicrohttpd", "libjansson", "libuv", "libcurl", "libnettle"};

static struct orders {
    _Atomic uint64_t count;
    _Atomic uint64_t refused;
    _Atomic uint64_t begun;
} * orders;

/* Is it there this time? */
static bool is_given(void)
{
    if (++orders->count != orders->refused)
        return true;
    errno = ENOMEM;
    return false;
}

static void *give(size_t size)
{
    return is_given() ? malloc(size) : NULL;
}

static void *give_zeroed(size_t count, size_t size)
{
    return is_given() ? calloc(count, size) : NULL;
}

static void *give_more(void *block, size_t size)
{
    return is_given() ? realloc(block, size) : NULL;
}

static char *give_copy(const char *text)
{
    return is_given() ? strdup(text) : NULL;
}

static const struct stand_in {
    const char *name;
    uintptr_t address;
} stand_ins[] = {{"malloc", (uintptr_t)give},
                 {"calloc", (uintptr_t)give_zeroed},
                 {"realloc", (uintptr_t)give_more},
                 {"strdup", (uintptr_t)give_copy}};

/* Of a library that is loaded at base: what its dynamic section says of it. */
struct table {
    const ElfW(Rela) * at;
    size_t bytes;
};

struct linking {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *names;
    struct table all, calls;
};

static struct linking linking_of(const struct dl_phdr_info *library, const ElfW(Dyn) * entry)
{
    struct linking is = {.base = library->dlpi_addr};

    for (; entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) { /* the linker has made addresses of these */
        case DT_SYMTAB:
            is.symbols = (const void *)entry->d_un.d_ptr;
            break;
        case DT_STRTAB:
            is.names = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELA:
            is.all.at = (const void *)entry->d_un.d_ptr;
            break;
        case DT_RELASZ:
            is.all.bytes = entry->d_un.d_val;
            break;
        case DT_JMPREL:
            is.calls.at = (const void *)entry->d_un.d_ptr;
            break;
        case DT_PLTRELSZ:
            is.calls.bytes = entry->d_un.d_val;
            break;
        default:
            break;
        }
    return is;
}

/* The linker has made some places read-only meanwhile. */
static void put(uintptr_t *place, uintptr_t address)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)place & ~(page - 1));

    if (mprotect(start, page, PROT_READ | PROT_WRITE) < 0)
        abort();
    *place = address;
}

static void stand_between(const struct linking *is, const struct table *table)
{
    for (size_t i = 0; i < table->bytes / sizeof(*table->at); i++) {
        const ElfW(Rela) *entry = &table->at[i];
        const char *name = is->names + is->symbols[ELF64_R_SYM(entry->r_info)].st_name;

        for (size_t k = 0; k < sizeof(stand_ins) / sizeof(*stand_ins); k++)
            if (strcmp(name, stand_ins[k].name) == 0)
                put((uintptr_t *)(is->base + entry->r_offset), stand_ins[k].address);
    }
}

static int look_at(struct dl_phdr_info *library, size_t size, void *data)
{
    const char *slash = strrchr(library->dlpi_name, '/');
    bool meant = false;

    (void)size;
    (void)data;
    for (size_t i = 0; slash && i < sizeof(libraries) / sizeof(*libraries); i++)
        meant = meant || strncmp(slash + 1, libraries[i], strlen(libraries[i])) == 0;
    for (int i = 0; meant && i < library->dlpi_phnum; i++)
        if (library->dlpi_phdr[i].p_type == PT_DYNAMIC) {
            const void *dynamic = (const void *)(library->dlpi_addr + library->dlpi_phdr[i].p_vaddr);
            struct linking is = linking_of(library, dynamic);

            stand_between(&is, &is.all);
            stand_between(&is, &is.calls);
        }
    return 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("EPMDPXY_ALLOCATIONS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (mapped == MAP_FAILED) /* it is preloaded, and for nobody */
        return;
    close(fd);
    unsetenv("LD_PRELOAD"); /* it is not for who symbolizes a report */
    orders = mapped;
    orders->begun = 1;
    dl_iterate_phdr(look_at, NULL);
}
