-- AlterTable
ALTER TABLE "Mapping" ADD COLUMN     "midStream" TEXT NOT NULL DEFAULT 'boundary';
