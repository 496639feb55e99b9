# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

## --- docs ---

# generated from the table of options
$(BUILD)/generate: $(call obj,plain,docs/generate.c) $(BUILD)/libkatrace.a
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/katrace.bash: $(BUILD)/generate
	$(Q)$< completion > $@

$(BUILD)/tests/field_tables: $(call obj,plain,tests/schema/field_tables.c) $(BUILD)/libkatrace.a
	@mkdir -p $(@D)
	$(call say,LINK  $@)
	$(Q)$(CC) $(CFLAGS) $^ $(LIBS) -o $@

.PHONY: docs-fields
docs-fields: $(BUILD)/katrace $(BUILD)/tests/field_tables
	$(BUILD)/katrace schema > docs/schema.json
	$(BUILD)/tests/field_tables < docs/events.md > $(BUILD)/events.md
	cp $(BUILD)/events.md docs/events.md

# both are generated from the table of fields in user/format/fields.c
.PHONY: check-docs
check-docs: $(BUILD)/katrace $(BUILD)/tests/field_tables
	$(BUILD)/katrace schema | diff -u docs/schema.json - || { echo "docs/schema.json: run make docs"; exit 1; }
	$(BUILD)/tests/field_tables < docs/events.md | diff -u docs/events.md - || { echo "docs/events.md: run make docs"; exit 1; }

# a part of the manual, between its two marks
between_marks = $(Q)$(BUILD)/generate $(1) > $(BUILD)/$(1).8 && \
	sed -i -e '/^\.\\" $(1): begin/,/^\.\\" $(1): end/{//!d}' -e '/^\.\\" $(1): begin/r $(BUILD)/$(1).8' docs/katrace.8

.PHONY: docs
docs: $(BUILD)/generate docs-fields ## regenerate the parts of docs/ about options and fields
	$(call between_marks,synopsis)
	$(call between_marks,options)
