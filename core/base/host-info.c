/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/host-info.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "base/regular-file.h"
#include "vmfc/vmfc-plugin.h"

/* /proc/cpuinfo of 8192 CPUs is 12 MiB. */
#define LARGEST_FILE (64 * 1024 * 1024)

/* Returns: the text of the file without white space at its ends; %NULL if it has none */
static gchar *
read_text(const gchar *root, const gchar *path)
{
	g_autofree gchar *full = g_build_filename(root, path, NULL);
	g_autoptr(GError) error = NULL;
	g_autofree gchar *text = NULL;

	text = vmfc_regular_file_read(full, LARGEST_FILE, NULL, &error);
	/* a file may be absent or hidden, but a folder or a device in its place is an error */
	if (g_error_matches(error, VMFC_ERROR, VMFC_ERROR_FORMAT))
		g_warning("%s; vmfc records what it would read there as unknown", error->message);
	if (text == NULL)
		return NULL;
	g_autofree gchar *valid = g_utf8_make_valid(g_strstrip(text), -1);
	return valid[0] != '\0' ? g_steal_pointer(&valid) : NULL;
}

/* Returns: the value of the first line "key<separator>value" */
static gchar *
read_value(const gchar *root, const gchar *path, const gchar *key, const gchar *separator)
{
	g_autofree gchar *text = read_text(root, path);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		gchar *value = strstr(lines[i], separator);
		if (value == NULL)
			continue;
		*value = '\0';
		if (g_str_equal(g_strchomp(lines[i]), key))
			return g_strdup(g_strstrip(value + strlen(separator)));
	}
	return NULL;
}

/* The hypervisor's signature in CPUID leaf 0x40000000 (Documentation/virt/kvm/x86/cpuid). */
static gchar *
cpuid_hypervisor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	static const gchar *const names[][2] = {
		{"KVMKVMKVM", "KVM"},	      {"Microsoft Hv", "Hyper-V"},
		{"TCGTCGTCGTCG", "QEMU TCG"}, {"VMwareVMware", "VMware"},
		{"XenVMMXenVMM", "Xen"},
	};
	guint32 eax, ebx, ecx, edx;
	gchar signature[13] = {0};

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & (1u << 31)) == 0)
		return NULL;
	__cpuid(0x40000000, eax, ebx, ecx, edx);
	memcpy(signature, &ebx, 4);
	memcpy(signature + 4, &ecx, 4);
	memcpy(signature + 8, &edx, 4);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(signature, names[i][0]))
			return g_strdup(names[i][1]);
	}
	return g_utf8_make_valid(g_strstrip(signature), -1);
#else
	return NULL;
#endif
}

static gchar *
find_hypervisor(const gchar *root)
{
	g_autofree gchar *found = read_text(root, "sys/hypervisor/type");

	if (found == NULL)
		found = read_text(root, "proc/device-tree/hypervisor/compatible");
	if (found == NULL)
		found = cpuid_hypervisor();
	if (found == NULL || found[0] == '\0') {
		g_autofree gchar *vendor = read_text(root, "sys/class/dmi/id/sys_vendor");
		g_autofree gchar *product = read_text(root, "sys/class/dmi/id/product_name");
		if (vendor == NULL)
			return g_strdup("unknown");
		return g_strdup_printf("unknown (%s %s)", vendor, product != NULL ? product : "");
	}
	return g_steal_pointer(&found);
}

static gchar *
find_container(const gchar *root)
{
	g_autofree gchar *named = read_text(root, "run/systemd/container");
	g_autofree gchar *docker = g_build_filename(root, ".dockerenv", NULL);
	g_autofree gchar *podman = g_build_filename(root, "run/.containerenv", NULL);

	if (named != NULL)
		return g_steal_pointer(&named);
	if (g_getenv("KUBERNETES_SERVICE_HOST") != NULL)
		return g_strdup("kubernetes");
	if (g_file_test(podman, G_FILE_TEST_EXISTS))
		return g_strdup("podman");
	if (g_file_test(docker, G_FILE_TEST_EXISTS))
		return g_strdup("docker");
	return g_strdup("none");
}

static gchar *
find_cpu_model(const gchar *root)
{
	g_autofree gchar *name = read_value(root, "proc/cpuinfo", "model name", ":");
	if (name != NULL)
		return g_steal_pointer(&name);

	/* on Arm the kernel gives numbers only */
	g_autofree gchar *implementer = read_value(root, "proc/cpuinfo", "CPU implementer", ":");
	g_autofree gchar *part = read_value(root, "proc/cpuinfo", "CPU part", ":");
	if (implementer != NULL && part != NULL)
		return g_strdup_printf("implementer %s part %s", implementer, part);
	return g_strdup("unknown");
}

static gchar *
or_unknown(gchar *text)
{
	return text != NULL ? text : g_strdup("unknown");
}

VmfcHostInfo *
vmfc_host_info_new(const gchar *root)
{
	VmfcHostInfo *machine = g_new0(VmfcHostInfo, 1);
	g_autofree gchar *os = read_value(root, "etc/os-release", "PRETTY_NAME", "=");
	struct utsname names;

	uname(&names);
	machine->hostname = g_utf8_make_valid(names.nodename, -1);
	machine->kernel = g_utf8_make_valid(names.release, -1);
	machine->architecture = g_utf8_make_valid(names.machine, -1);
	machine->os = or_unknown(os != NULL ? g_shell_unquote(os, NULL) : NULL);
	machine->hypervisor = find_hypervisor(root);
	machine->container = find_container(root);
	machine->cpu_model = find_cpu_model(root);
	machine->clock_source = or_unknown(
		read_text(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"));
	machine->n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return machine;
}

void
vmfc_host_info_free(VmfcHostInfo *machine)
{
	g_free(machine->hostname);
	g_free(machine->kernel);
	g_free(machine->architecture);
	g_free(machine->os);
	g_free(machine->hypervisor);
	g_free(machine->container);
	g_free(machine->cpu_model);
	g_free(machine->clock_source);
	g_free(machine);
}
