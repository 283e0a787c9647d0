/* A Windows process that makes the calls and accesses that it is told to make, and nothing else.
 *
 * Each line of the input is a word and numbers in hexadecimal; each line of the output is one of
 *
 *     = A B ...     done, with results in hexadecimal
 *     ! ERROR       the call failed, with GetLastError
 *     x CODE KIND ADDRESS    the access brought about an exception: its code, 0 read, 1 write, 8 fetch, and where
 *
 * Exceptions come to a vectored handler, which goes on at a landing. To fetch, the handler of a breakpoint jumps to the
 * address with the trap flag set, so that one instruction is done; all registers but the stack pointer are zero then.
 * Nothing is allocated after the beginning, so that the address space holds what was asked for.
 *
 * Build: x86_64-w64-mingw32-gcc -O1 -o wine_agent.exe wine_agent.c
 */
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { MOST_WORDS = 8, MOST_REGIONS = 4096, TRAP_FLAG = 0x100 };
enum { IDLE, ACCESSING, JUMPING, FETCHING };

static char line[1024], answer[256];
static DWORD used, have;
static char input[4096];
static DWORD64 words[MOST_WORDS];
static volatile int guarded = IDLE;
static volatile DWORD64 target, code, kind, place, stack;
static void *back[5];
static DWORD64 given[MOST_REGIONS];
static int is_view[MOST_REGIONS], regions;
static HANDLE sections[64];
static int held;

static void land(void) { __builtin_longjmp(back, 1); }

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *told)
{
    EXCEPTION_RECORD *record = told->ExceptionRecord;
    CONTEXT *context = told->ContextRecord;

    if (guarded == IDLE)
        return EXCEPTION_CONTINUE_SEARCH;
    if (guarded == JUMPING && record->ExceptionCode == EXCEPTION_BREAKPOINT) {
        guarded = FETCHING;
        stack = context->Rsp;
        context->Rax = context->Rbx = context->Rcx = context->Rdx = context->Rsi = context->Rdi = 0;
        context->R8 = context->R9 = context->R10 = context->R11 = 0;
        context->R12 = context->R13 = context->R14 = context->R15 = 0;
        context->Rsp = context->Rbp = (stack - 0x1000) & ~(DWORD64)15;
        context->Rip = target;
        context->EFlags |= TRAP_FLAG;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    code = record->ExceptionCode;
    kind = record->NumberParameters > 0 ? record->ExceptionInformation[0] : 0;
    place = record->NumberParameters > 1 ? record->ExceptionInformation[1] : 0;
    if (guarded == FETCHING)
        context->Rsp = stack;
    guarded = IDLE;
    context->EFlags &= ~TRAP_FLAG;
    context->Rsp = ((context->Rsp - 0x400) & ~(DWORD64)15) - 8;
    context->Rip = (DWORD64)land;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* -- lines ------------------------------------------------------------------------------------------------------ */

static int next_line(void)
{
    DWORD length = 0;

    for (;;) {
        if (used == have) {
            used = 0;
            if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), input, sizeof input, &have, NULL) || !have)
                return 0;
        }
        char next = input[used++];
        if (next == '\n' || length == sizeof line - 1)
            break;
        line[length++] = next;
    }
    line[length] = 0;
    return 1;
}

static DWORD64 number(const char *text)
{
    DWORD64 value = 0;

    for (; *text; text++)
        value = value << 4 | (DWORD64)(*text >= 'a' ? *text - 'a' + 10 : *text - '0');
    return value;
}

static void begin(char mark)
{
    answer[0] = mark;
    answer[1] = 0;
}

static void add(DWORD64 value)
{
    char digits[20], *at = digits + sizeof digits;

    *--at = 0;
    do {
        *--at = "0123456789abcdef"[value & 15];
    } while (value >>= 4);
    *--at = ' ';
    strcat(answer, at);
}

static void tell(void)
{
    DWORD written;

    strcat(answer, "\n");
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), answer, (DWORD)strlen(answer), &written, NULL);
}

static void done(void) { begin('='); }

static void failed(void)
{
    DWORD error = GetLastError();

    begin('!');
    add(error);
}

static void done_if(BOOL well)
{
    if (well)
        done();
    else
        failed();
}

/* -- what was given --------------------------------------------------------------------------------------------- */

static void gave(void *region, int view)
{
    if (!region) {
        failed();
        return;
    }
    if (regions < MOST_REGIONS) {
        given[regions] = (DWORD64)region;
        is_view[regions++] = view;
    }
    done();
    add((DWORD64)region);
}

static void forget(DWORD64 address, int view)
{
    for (int at = 0; at < regions; at++)
        if (given[at] == address && is_view[at] == view) {
            given[at] = given[--regions];
            is_view[at] = is_view[regions];
            return;
        }
}

/* All that was given is free again. */
static void reset(void)
{
    BOOL well = TRUE;

    while (regions) {
        regions--;
        if (is_view[regions])
            well &= UnmapViewOfFile((void *)given[regions]);
        else
            well &= VirtualFree((void *)given[regions], 0, MEM_RELEASE);
    }
    while (held)
        well &= CloseHandle(sections[--held]);
    done_if(well);
}

/* -- calls ------------------------------------------------------------------------------------------------------ */

static void *pointer(int at) { return (void *)words[at]; }

static void allocate(void)
{
    DWORD how = (DWORD)words[2];
    void *region = VirtualAlloc(pointer(0), words[1], how, (DWORD)words[3]);

    if (how & MEM_RESERVE)
        gave(region, 0);
    else
        done_if(region != NULL);
}

static void take_back(void)
{
    BOOL well = VirtualFree(pointer(0), words[1], (DWORD)words[2]);

    if (well && words[2] == MEM_RELEASE)
        forget(words[0], 0);
    done_if(well);
}

static void protect(void)
{
    DWORD before = 0;

    done_if(VirtualProtect(pointer(0), words[1], (DWORD)words[2], &before));
    if (answer[0] == '=')
        add(before);
}

static void query(void)
{
    MEMORY_BASIC_INFORMATION told;

    if (!VirtualQuery(pointer(0), &told, sizeof told)) {
        failed();
        return;
    }
    done();
    add((DWORD64)told.BaseAddress);
    add((DWORD64)told.AllocationBase);
    add(told.RegionSize);
    add(told.State);
    add(told.Protect);
}

static void make_section(const char *name, const char *path)
{
    HANDLE file = INVALID_HANDLE_VALUE, section;

    if (*path) {
        file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                           0, NULL);
        if (file == INVALID_HANDLE_VALUE) {
            failed();
            return;
        }
    }
    section = CreateFileMappingA(file, NULL, PAGE_READWRITE, (DWORD)(words[0] >> 32), (DWORD)words[0], name);
    done_if(section != NULL);
    if (section && held < 64)
        sections[held++] = section;
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
}

static void map_view(const char *name)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);

    if (!section) {
        failed();
        return;
    }
    gave(MapViewOfFileEx(section, (DWORD)words[2], (DWORD)(words[0] >> 32), (DWORD)words[0], words[1], pointer(3)), 1);
    CloseHandle(section);
}

static void unmap_view(void)
{
    BOOL well = UnmapViewOfFile(pointer(0));

    if (well)
        forget(words[0], 1);
    done_if(well);
}

/* -- accesses --------------------------------------------------------------------------------------------------- */

static void access_it(char what)
{
    unsigned char byte = (unsigned char)words[1];

    if (__builtin_setjmp(back)) {
        begin('x');
        add(code);
        add(kind);
        add(place);
        return;
    }
    guarded = ACCESSING;
    if (what == 'w') {
        *(volatile unsigned char *)words[0] = byte;
    } else if (what == 'r') {
        byte = *(volatile unsigned char *)words[0];
    } else {
        target = words[0];
        guarded = JUMPING;
        __asm__ volatile("int3");
    }
    guarded = IDLE;
    done();
    add(byte);
}

int main(void)
{
    AddVectoredExceptionHandler(1, on_exception);
    while (next_line()) {
        char *texts[3] = {"", "", ""}, *word = strtok(line, " ");
        int count = 0, named = 0;

        memset(words, 0, sizeof words);
        for (char *next = strtok(NULL, " "); next; next = strtok(NULL, " "))
            if (*next == '@')
                texts[named++ % 3] = next + 1;
            else
                words[count++ % MOST_WORDS] = number(next);
        if (!word)
            return 2;
        if (!strcmp(word, "r") || !strcmp(word, "w") || !strcmp(word, "x"))
            access_it(*word);
        else if (!strcmp(word, "allocate"))
            allocate();
        else if (!strcmp(word, "free"))
            take_back();
        else if (!strcmp(word, "protect"))
            protect();
        else if (!strcmp(word, "query"))
            query();
        else if (!strcmp(word, "lock"))
            done_if(VirtualLock(pointer(0), words[1]));
        else if (!strcmp(word, "unlock"))
            done_if(VirtualUnlock(pointer(0), words[1]));
        else if (!strcmp(word, "section"))
            make_section(texts[0], texts[1]);
        else if (!strcmp(word, "map"))
            map_view(texts[0]);
        else if (!strcmp(word, "unmap"))
            unmap_view();
        else if (!strcmp(word, "reset"))
            reset();
        else if (!strcmp(word, "exit"))
            ExitProcess(0);
        else
            return 2;
        tell();
    }
    return 0;
}
